/** @file Quarrel and peace: two friends want one thing, fall out, are lonely, and make up. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { thing } from "../grammar.js";
import type { Plot } from "../plot.js";
import { treasures } from "../things.js";

const REASONS = [
  {
    why: "both wanted {k.the} at the same time",
    told: `"I had {k.them} first!" said {h}. "No, it is my turn!" said {f}.`,
    peace: "They made a plan: one had {k.the} until noon and the other until evening",
  },
  {
    why: "{f} had laughed at {h}",
    told: `{h} [fell into a puddle|fell on {h.his} bottom] with {k.the}, and {f} laughed and laughed. "That is not funny!" shouted {h}.`,
    peace: "{f} promised not to laugh at others any more, and {h} had to grin about it after all",
  },
  {
    why: "each of them wanted to be the captain",
    told: `They played ship, and {k.the} was the treasure. "I am the captain!" said {h}. "No, I am!" cried {f}.`,
    peace: "From then on they took turns being captain, and the ship sailed better than ever",
  },
  {
    why: "{h} had not waited for {f}",
    told: `{h} went ahead with {k.the} and did not wait. "You always run away from me!" cried {f}. "You are always too slow!" said {h}.`,
    peace: "{h} promised to wait at every corner, and {f} promised to get up earlier",
  },
  {
    why: "{f} had told {h.s} secret",
    told: `{h} had hidden {k.the} in a secret place, and {f} had told everyone. "You cannot keep a secret!" shouted {h}. "You never tell me anything anyway!" said {f}.`,
    peace: "{f} promised to keep quiet the next time, and together they found a better hiding place",
  },
] as const;

export const quarrel: Plot = {
  kind: "quarrel and peace",
  scene(w) {
    const t0 = w.pick(treasures(w.setting.season).filter((x) => x.number === "one"));
    const r = w.pick(REASONS);
    const p = w.place();
    const offer = w.pick([
      "half of a bun",
      "a handful of cherries",
      "a smooth white stone",
      "a drawing of the two of them",
      "a ripe pear",
      "a flower",
    ]);
    const vars = {
      ...frameVars(w),
      k: thing(t0.noun, w.pick(t0.looks)),
      p,
      offer,
      use: t0.use,
      useit: t0.use.replace(/\b(?:it|them)\b/, `the ${t0.noun}`),
    };
    return {
      title: "The Quarrel about the {k}",
      thing: t0.noun,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: "played with {f} and {k.the} {p.at}" },
        { who: w.hero, did: "quarreled with {f}", because: r.why },
        { who: w.elder, did: "told {h} to make the first step" },
        { who: w.hero, did: "brought {f} {offer} and said sorry" },
      ],
      cause: r.why,
      ending: { feeling: "happy", how: "{h} and {f} were friends again" },
      morals: [
        "it takes courage to say sorry",
        "a friend is worth more than being right",
        "things are more fun when they are shared",
        "someone must take the first step",
      ],
      tell(t) {
        introduce(t);
        t.say(
          "{f} [lived next door|lived nearby|lived across the lane], and the two were [always together|the best of friends].",
          "{h.he} did everything together with {f}.",
        );
        t.paragraph();
        t.say(
          `${ONE_DAY}, the two friends played {p.at} with {k.afull}.`,
          `${ONE_DAY}, {h} brought {k.afull} {p.to}, and {f} came too.`,
        );
        weather(t, w);
        t.say(r.told);
        t.say(
          `They [pulled and pushed|shouted at each other], [until both were red in the face|louder and louder]. "I do not want to play with you any more!" [cried|said] {f} and ran [home|off].`,
          `It got louder and louder. "[Then play alone|Go away]!" [shouted|cried] {f}. {h} [stamped {h.his} foot|turned away] and went home.`,
        );
        t.paragraph();
        t.say(
          "[Now|At first], {h} could {useit} [all alone|all day long]. But [alone it was no fun|it was boring without {f}|soon {h.he} did not feel like it].",
          "{h} sat [alone|all by {h.himself}] [by the window|on the doorstep|under a tree]. {h.he} was angry first, and then only [sad|lonely].",
        );
        t.maybe(
          0.6,
          "{f} sat at home too and [looked at the wall|did not want to eat|missed {h}].",
          "The [afternoon|day] was [long|gray] and [quiet|empty].",
        );
        t.say(
          `{e} [saw it|noticed {h.his} sad face] and asked, "Where is {f}?" {h} told {e.him} everything. "[Someone must take the first step|The one who says sorry first is the braver one]," said {e}.`,
          `{e} noticed {h.his} sad face and heard what had happened. "[A quarrel is like rain|Every quarrel passes, like rain]," said {e}. "But someone must [open the door again|take the first step]."`,
        );
        t.paragraph();
        t.say(
          "So {h} took {offer} and went to {f.s} door. {h.his} heart beat [fast|loudly].",
          "The next [day|morning], {h} went to {f} with {offer} in {h.his} bag.",
        );
        t.say(
          `"[I am sorry|I was mean, and I am sorry]," said {h}. "[I am sorry too|And I am sorry that I shouted]," said {f}.`,
          `[Both spoke at the same moment|They looked at each other]. "[I am sorry|Sorry]!" they said together, and then they had to laugh.`,
        );
        t.say(`${r.peace}.`);
        t.maybe(
          0.5,
          "They shared everything and [were happy|laughed a lot].",
          "They [played|laughed] until the first star came out.",
        );
      },
    };
  },
};
