/** @file Broken and mended: something of another's breaks; the one who did it hides it or tells, and it is mended. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { thing } from "../grammar.js";
import type { Plot } from "../plot.js";
import { treasures } from "../things.js";

const HOW = [
  {
    did: "dropped {k.them}",
    told: "{h.he} [stumbled|slipped|tripped] over a [root|stone|step] and dropped {k.the}",
  },
  { did: "played too wildly with {k.them}", told: "{h.he} got [wilder and wilder|too wild|carried away]" },
  { did: "pulled too hard at {k.them}", told: "{h.he} [pulled|tugged] a little too hard" },
  {
    did: "sat down on {k.them} by mistake",
    told: "{h.he} sat down without looking, right on top of {k.the}",
  },
  {
    did: "bumped into the table where {k.it} lay",
    told: "{h.he} ran too fast and bumped into the table where {k.it} lay",
  },
] as const;

export const mended: Plot = {
  kind: "broken and mended",
  scene(w) {
    const t0 = w.pick(treasures(w.setting.season));
    const how = w.draw(HOW);
    const breaks = w.pick(t0.breaks);
    const hides = w.chance(0.5);
    const p = w.place(() => true);
    const vars = {
      ...frameVars(w),
      k: thing(t0.noun, w.pick(t0.looks), t0.number),
      p,
      use: t0.use,
      useit: t0.use.replace(/\b(?:it|them)\b/, `the ${t0.noun}`),
      mend: t0.mend,
    };
    return {
      title: "The Broken {k}",
      thing: t0.noun,
      place: p.name,
      vars,
      facts: [
        { who: w.friend, did: "lent {k.thefull} to {h}" },
        { who: w.hero, did: `broke {k.the}: ${breaks}`, because: `{h} ${how.did}` },
        ...(hides
          ? [{ who: w.hero, did: "hid {k.the}", because: "{h} was afraid that {f} would be angry" }]
          : []),
        { who: w.hero, did: "told {f} the truth" },
        { who: w.neighbor, did: "mended {k.the} with {mend}" },
      ],
      cause: `{h} ${how.did}`,
      ending: {
        feeling: hides ? ("wiser" as const) : ("grateful" as const),
        how: "{k.the} {k.was} mended and {f} forgave {h}",
      },
      morals: [
        "the truth makes the heart light",
        "most broken things can be mended",
        "it is better to tell than to hide",
        "a friend is worth more than any toy",
      ],
      tell(t) {
        introduce(t);
        t.say(
          "{f} [had|owned] {k.afull} [and was very proud of {k.them}|and kept {k.them} like a treasure].",
          "{f} had got {k.afull} for {f.his} birthday.",
        );
        t.paragraph();
        t.say(
          `${ONE_DAY}, the two [met|played] {p.at}. "May I [borrow|have] your {k} for a while?" asked {h}. "Yes, but please be careful," said {f}.`,
          `${ONE_DAY}, {f} let {h} take {k.the} {p.to}. "[Take good care of {k.them}|Be careful with {k.them}]," said {f}.`,
        );
        weather(t, w);
        t.say(
          `{h} was [so glad|happy] to {useit}. But then ${how.told}, and ${breaks}.`,
          `At first, all went well. Then ${how.told}, and ${breaks}!`,
        );
        t.say(
          "{h} [stared|looked] at {k.the} and [turned pale|felt cold all over|did not know what to do].",
          `"Oh no," whispered {h}. "What have I done?"`,
        );
        t.paragraph();
        if (hides) {
          t.say(
            "{h} was afraid that {f} would be [angry|cross]. So {h.he} hid {k.the} [under a pile of leaves|behind a sack|under the bed|in a dark corner].",
          );
          t.say(
            "But {h.he} could not [eat|sleep|play] [any more|at all], for [the secret|what {h.he} had done] [weighed on {h.him}|sat in {h.his} belly like a stone].",
          );
          t.say(
            `[The next day|In the end|At last], {h} could not bear it any longer. {h.he} took {k.the} to {f} and said, "[I broke your {k}, and I hid {k.them}|Your {k} got broken, and it was me]. I am [so|very] sorry."`,
          );
        } else {
          t.say(
            `{h} wanted to [run away|hide]. But {h.he} was honest, so {h.he} [went straight|walked slowly] to {f}. "[I broke your {k}|Your {k} {k.is} broken, and it is my fault]," {h.he} said. "I am [so|very] sorry."`,
          );
        }
        t.say(
          `{f} was [silent|quiet] for a [moment|while]. Then {f.he} said, "[I am sad about it|That makes me sad], but I am glad that you told me."`,
          `{f} [swallowed|sighed]. "[It is only a thing|You did not mean to do it]," {f.he} said. "[You are my friend|Thank you for telling me the truth]."`,
        );
        t.paragraph();
        t.say(
          `Together they [took|carried] {k.the} to {n}. "[Let me see|Hm]," said {n}. "[That can be mended|I have seen worse]." With {mend}, {n.he} [set to work|went to work].`,
          `"I know who can help," said {f}. They went to {n}, who was {ntrait} and good at mending things. All {n.he} needed was {mend}.`,
        );
        t.say(
          "{h} [held the pieces|helped as well as {h.he} could|watched closely], and [before long|soon|an hour later] {k.the} {k.was} [whole|as good as new|almost better than before].",
        );
        t.maybe(
          0.6,
          "{h} swept the whole workshop to say thank you.",
          `"Thank you, {n}!" they both called.`,
          "One could still see where the break had been, but {f} liked {k.the} all the more for it.",
        );
        t.say(
          "Then {h} and {f} [played together until sunset|went home side by side|sat in the sun and shared a bun].",
          "{f} [took {h} by the hand|smiled at {h}], and all was well [again|between them].",
        );
      },
    };
  },
};
