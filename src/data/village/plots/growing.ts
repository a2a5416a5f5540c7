/** @file A thing that grows: a seed is planted, danger comes, patience and care bring a harvest. */

import { frameVars, introduce } from "../frame.js";
import { thing } from "../grammar.js";
import type { Plot } from "../plot.js";
import { PLANTS } from "../things.js";

const DANGERS = [
  {
    what: "it did not rain for weeks",
    told: "Then it did not rain for weeks. The earth cracked, and the leaves hung down.",
    saved: "carried water from the river every evening, one small can after another",
  },
  {
    what: "snails came to eat the leaves",
    told: "One night, snails came and ate holes into the leaves.",
    saved:
      "carried the snails to the other side of the stream, one by one, and laid a ring of ash around the stem",
  },
  {
    what: "a late frost came",
    told: "Then one clear night, the frost came back.",
    saved: "covered the little plant with an old hat and a woolen scarf",
  },
  {
    what: "a storm bent the stem",
    told: "Then a storm came and bent the stem to the ground.",
    saved: "pushed a stick into the earth and tied the stem to it with a soft ribbon",
  },
  {
    what: "a goat wanted to eat it",
    told: "Then the goat got loose and looked at the plant with hungry eyes.",
    saved: "led the goat away with a carrot and built a small fence of sticks",
  },
  {
    what: "weeds took all the light",
    told: "Weeds grew up all around and took the light away.",
    saved: "knelt down every morning and pulled out the weeds by their roots",
  },
] as const;

export const growing: Plot = {
  kind: "growing",
  seasons: ["spring"],
  scene(w) {
    const plant = w.pick(PLANTS);
    const d = w.pick(DANGERS);
    const p = w.place((s) =>
      [
        "the garden",
        "the orchard",
        "the farm",
        "the meadow",
        "the school",
        "the mill",
        "the hill",
        "the pond",
      ].includes(s.name),
    );
    const vars = {
      ...frameVars(w),
      k: thing(plant.noun, w.pick(["tall", "strong", "fine", "beautiful"])),
      seed: plant.seed,
      p,
    };
    return {
      title: "{h} and the {k}",
      thing: plant.noun,
      place: p.name,
      vars,
      facts: [
        { who: w.elder, did: "gave {h} {seed}" },
        { who: w.hero, did: "planted it {p.at}" },
        { who: w.hero, did: "was afraid for the plant", because: d.what },
        { who: w.hero, did: d.saved },
      ],
      cause: "{e} had given {h} {seed}",
      ending: { feeling: "proud", how: plant.harvest },
      morals: [
        "good things need time",
        "a little care every day does wonders",
        "patience is rewarded",
        "even the biggest plant begins small",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `One [spring|bright spring|mild spring] [morning|day], {e} gave {h} {seed}. "[Put it into the earth and wait|Inside it, something is asleep]," said {e}.`,
          `One spring day, {e} gave {h} {seed}. "What will it be?" {h.he} asked. "[Wait and see|Plant it, and you will know]," said {e}.`,
        );
        t.say(
          "{h} dug a [small|deep] hole {p.at}, [laid|put] it in and [covered it with earth|patted the earth flat].",
        );
        t.say(
          "Every [day|morning], {h.he} [gave it water|watered it] and [looked|waited]. But [for a long time|for many days], nothing happened.",
          "{h.he} watered it, sang to it and waited. [One week passed, and then another|Days went by], and the earth was still bare.",
        );
        t.say(
          `"[It must be asleep|Perhaps it is dead]," said {f}. "[I will wait|It only needs more time]," said {h}.`,
          `"[Nothing will come of it|Come and play instead]," said {f}. But {h} [shook {h.his} head|did not give up].`,
        );
        t.paragraph();
        t.say(
          `And then, one [morning|day], [a green tip|something tiny and green] [looked|peeped] out of the earth! {h} [danced around it|ran to tell everyone|laughed with joy].`,
          `"[Look|Come quickly]!" {h} [cried|called] one morning. "It is growing!" A green tip had broken through the earth.`,
        );
        t.say(
          "It grew [from day to day|taller and taller|leaf by leaf], and soon it reached up to {h.his} [knees|chin].",
        );
        t.say(d.told);
        t.say(
          `{h} [was worried|did not sleep well] and thought about what to do. Then {h.he} ${d.saved}.`,
          `"I must help it," said {h}. {h.he} ${d.saved}.`,
        );
        t.maybe(
          0.5,
          "{f} helped too, for now {f.he} wanted to know how it would end.",
          `"You take good care of it," said {e}.`,
        );
        t.paragraph();
        t.say(
          `[In summer|By the end of summer|When the time came], it was {k.afull}, and ${plant.harvest}.`,
          `The sun shone, the weeks went by, and at last it was {k.afull}, and ${plant.harvest}.`,
        );
        t.say(
          `"[That comes of waiting|It was worth the wait]," said {h}.`,
          `{h} [showed it to everyone|could hardly believe it] and was [as proud as a king|very proud].`,
          `"All that was inside {seed}!" said {f} in wonder.`,
        );
        t.maybe(
          0.6,
          "{h} kept some seeds for the next year and gave one to {f}.",
          "{e} looked at it and [nodded|was proud of {h}].",
        );
      },
    };
  },
};
