/** @file Help: somebody is stuck; the first try fails, the second fails, and the third, with the right idea, works. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { spotNamed } from "../places.js";
import type { Plot } from "../plot.js";

const TROUBLES = [
  {
    what: "a cart was stuck in the deep mud",
    thing: "cart",
    place: "the meadow",
    who: "n",
    sees: "{n} was pulling at a cart, but its wheels were stuck in the deep mud",
    tries: [
      "They pushed from behind, but the wheels only sank deeper",
      "They put straw under the wheels, but the straw was too soft",
    ],
    works: "They laid flat boards in front of the wheels and pushed once more, and the cart rolled out",
    idea: "We need something hard under the wheels",
  },
  {
    what: "a kitten sat in a tree and could not come down",
    thing: "kitten",
    place: "the park",
    who: "f",
    sees: "a little kitten sat at the top of a tree and cried, and {f} stood below",
    tries: [
      "{f} called the kitten, but it only cried louder",
      "{h} shook the trunk a little, but the kitten held on with all its claws",
    ],
    works:
      "They held up a basket with a bit of fish on a long pole. The kitten climbed in, and they let it down slowly",
    idea: "It must be hungry. Let us use a basket and a piece of fish",
  },
  {
    what: "a lamb was caught in the thorns",
    thing: "lamb",
    place: "the hill",
    who: "n",
    sees: "a small lamb was caught in a thorn bush, and {n} could not reach it",
    tries: [
      "{n} pulled, but the thorns held the wool fast",
      "They tried to bend the branches back, but the branches were too strong",
    ],
    works:
      "{h} crawled under the bush where {h.he} alone was small enough and cut the wool loose, and the lamb jumped free",
    idea: "From below it may work",
  },
  {
    seasons: "spring summer autumn",
    what: "a boat had drifted away",
    thing: "boat",
    place: "the lake",
    who: "f",
    sees: "{f.s} boat was drifting away from the shore, and {f.he} stood there without knowing what to do",
    tries: [
      "They threw a rope, but it was too short",
      "They tried to catch it with a branch, but the wind pushed the boat away",
    ],
    works:
      "They threw stones into the water behind the boat, and the little waves brought it back to the shore",
    idea: "Waves can push a boat",
  },
  {
    what: "a big tree blocked the road",
    thing: "tree",
    place: "the old bridge",
    who: "n",
    sees: "a fallen tree lay across the road, and {n} could not get past with the donkey",
    tries: [
      "They pulled with their hands, but the tree did not move",
      "They pushed with a pole, but the pole broke",
    ],
    works:
      "They tied ropes to the tree, and the donkey and everyone pulled together. Slowly, the tree slid aside",
    idea: "If all of us pull together, even the donkey, it may move",
  },
  {
    what: "the well rope had broken",
    thing: "bucket",
    place: "the farm",
    who: "n",
    sees: "the rope of the well had broken, and the bucket lay deep down in the water, while the cows of {n} were thirsty",
    tries: [
      "They let down a hook, but it was too light",
      "They tried with two sticks, but the sticks were too short",
    ],
    works: "They tied a horseshoe to a long string as a hook, and it caught the handle of the bucket",
    idea: "The hook must be heavier",
  },
  {
    seasons: "spring summer",
    what: "a little duck had lost its mother",
    thing: "duckling",
    place: "the pond",
    who: "f",
    sees: "a tiny duckling ran to and fro and peeped, and {f} tried to calm it",
    tries: [
      "They asked the frogs, but the frogs knew nothing",
      "They walked once around the pond, but there was no duck to be seen",
    ],
    works:
      "They sat quite still and listened, and from behind the reeds came a soft quack. The duckling swam there as fast as it could",
    idea: "If we are quiet, we may hear her",
  },
  {
    seasons: "winter",
    what: "the school bell was frozen",
    thing: "bell",
    place: "the school",
    who: "n",
    sees: "{n} pulled at the rope of the school bell, but the bell made no sound, for it had got stuck",
    tries: [
      "They pulled together, but nothing moved",
      "They knocked against the pole, but only dust came down",
    ],
    works:
      "{h} climbed up with a little oil and rubbed it into the hinge. Ding, dong, rang the bell over the roofs",
    idea: "Perhaps it only needs oil",
  },
  {
    what: "a wall had fallen down and the goats could get out",
    thing: "wall",
    place: "the hill",
    who: "n",
    sees: "a piece of the stone wall had fallen down, and {n} ran after one goat after another",
    tries: [
      "They waved their arms, but the goats thought it was a game",
      "They called the goats by name, but only one of them came",
    ],
    works:
      "{h} held out a handful of salt, and the goats followed {h.him} back. Then they built up the wall, stone by stone",
    idea: "Goats love salt",
  },
] as const;

export const help: Plot = {
  kind: "help in need",
  evening: true,
  scene(w) {
    const s = w.draw(TROUBLES);
    const p = spotNamed(s.place);
    const other = s.who === "n" ? w.neighbor : w.friend;
    const vars = { ...frameVars(w), o: other, p };
    return {
      title: `{h} and the ${s.thing[0]!.toUpperCase()}${s.thing.slice(1)}`,
      thing: s.thing,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: "went {p.to}" },
        { who: w.hero, did: "saw that {o} needed help", because: s.what },
        { who: w.hero, did: "tried twice without success" },
        { who: w.hero, did: "had a good idea" },
      ],
      cause: s.what,
      ending: { feeling: "proud", how: s.works.split(". ").at(-1)! },
      morals: [
        "a good idea can be stronger than strong arms",
        "three tries are better than one",
        "whoever helps others makes friends",
        "nobody is too small to help",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `${ONE_DAY}, {h} {moves} {p.to}.`,
          `${ONE_DAY}, {h} was on the way {p.to}.`,
          `${ONE_DAY}, {h} had [nothing to do|an hour to spare] and {moves} {p.to}.`,
        );
        weather(t, w);
        t.say(
          `[There|Suddenly], {h.he} saw that something was wrong: ${s.sees}.`,
          `[And what did {h.he} see there|What was that]? ${s.sees}.`,
          `Just then ${s.sees}.`,
        );
        t.say(
          `"[Wait, I will help you|I am coming]!" [called|cried] {h}.`,
          `{h} did not [think long|wait to be asked]. "[Let me help|I can help you]," {h.he} said.`,
        );
        t.maybe(
          0.4,
          `"You are [rather|very] small," said {o}. "But help is help."`,
          `"[Oh yes, please|That would be kind]," said {o}.`,
        );
        t.paragraph();
        t.say(`[First|At first], they tried the easy way. ${s.tries[0]}.`, `${s.tries[0]}.`);
        t.say(
          `Then they tried [again|something else]. ${s.tries[1]}.`,
          `They did not give up. ${s.tries[1]}.`,
        );
        t.maybe(
          0.6,
          `"[It is no use|It does not work]," [sighed|said] {o}.`,
          "{o} [sat down on a stone|wiped {o.his} face] and [sighed|shook {o.his} head].",
        );
        t.say(
          `{h} [thought hard|closed {h.his} eyes and thought|walked around and looked at everything]. "[I have an idea|I know]!" {h.he} said. "${s.idea}."`,
          `But {h} had an idea. "${s.idea}," {h.he} said.`,
        );
        t.paragraph();
        t.say(`And [so it was|it worked]. ${s.works}.`, `They tried it at once. ${s.works}.`);
        t.say(
          `"[Hurrah|It worked]!" [they|both of them] [cried|shouted].`,
          `{o} [laughed out loud|clapped {o.his} hands|danced for joy].`,
        );
        t.say(
          `"Thank you, {h}," said {o}. "[You have a clever head on your shoulders|I will not forget that]."`,
          `As a thank you, {o} [gave {h.him} a ride home|shared a sandwich with {h.him}|gave {h.him} a bag of nuts|invited {h.him} to supper].`,
        );
      },
    };
  },
};
