/** @file Bad weather: a storm, flood, snow or heat strikes; those in need find shelter with others, and share. */

import { frameVars, introduce } from "../frame.js";
import type { Plot } from "../plot.js";

const DISASTERS = {
  spring: {
    thing: "river",
    what: "the river flooded its banks",
    start: "It rained for three days and three nights, and the river grew wider and wider",
    harm: "the water had come up to {f.s} door",
    after: "the water went back into its bed, and mud lay everywhere",
    work: "They scrubbed floors, carried out buckets and laughed about the fish in the kitchen",
  },
  summer: {
    thing: "storm",
    what: "a thunderstorm broke out",
    start: "It had been hot for weeks. Then black clouds came, and lightning flashed over the hill",
    harm: "the storm had torn the roof off {f.s} house",
    after: "the storm was over, and the air smelled of wet earth",
    work: "They brought ladders and boards and put the roof back on",
  },
  autumn: {
    thing: "wind",
    what: "a great wind came",
    start: "First the leaves flew, then the hats, then the chairs. Such a wind had never been seen",
    harm: "a tree had fallen on {f.s} shed",
    after: "the wind grew tired, and branches lay all over the place",
    work: "They sawed up the tree, and there was firewood for everybody",
  },
  winter: {
    thing: "snow",
    what: "the village was snowed in",
    start: "It snowed and snowed, until the fences had vanished and one could no longer open the doors",
    harm: "{f} had no more wood for the stove",
    after: "the sky cleared, and the snow glittered in the sun",
    work: "They shoveled paths from door to door, and built a snowman in front of each house",
  },
} as const;

const PASTIMES = [
  "told each other stories",
  "played cards",
  "sang songs in four voices",
  "roasted apples on the stove",
  "made shadow animals on the wall",
  "cut stars out of paper",
  "asked each other riddles",
];

export const storm: Plot = {
  kind: "storm and shelter",
  evening: true,
  scene(w) {
    const d = DISASTERS[w.setting.season];
    const p = w.place((s) =>
      ["the barn", "the school", "the windmill", "the library", "the bakery"].includes(s.name),
    );
    const first = w.pick(PASTIMES);
    const share = w.pick([
      "the last loaf of bread",
      "a pot of soup",
      "a bag of nuts",
      "a jar of plums",
      "a basket of potatoes",
      "a wheel of cheese",
    ]);
    const vars = {
      ...frameVars(w),
      p,
      share,
      game: first,
      game2: w.pick(PASTIMES.filter((x) => x !== first)),
    };
    return {
      title:
        w.setting.season === "winter"
          ? "The Great Snow"
          : w.setting.season === "spring"
            ? "The Flood"
            : w.setting.season === "summer"
              ? "The Thunderstorm"
              : "The Great Wind",
      thing: d.thing,
      place: p.name,
      vars,
      facts: [
        { who: w.friend, did: "was in need", because: `${d.what} and ${d.harm}` },
        { who: w.hero, did: "brought {f} {p.to}" },
        { who: w.hero, did: "shared {share} with everyone" },
        { who: w.hero, did: "helped to repair the damage" },
      ],
      cause: d.what,
      ending: { feeling: "grateful", how: `${d.after}, and everyone helped` },
      morals: [
        "in a storm it is good to have neighbors",
        "after every storm, the sun comes back",
        "what is shared is enough for all",
        "together one is less afraid",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `[One {season}|That {season}], something happened that nobody [forgot|would forget]. ${d.start}.`,
          `It was [a strange|a wild] {season}. ${d.start}.`,
        );
        t.say(
          `{h} sat at home and was [warm and dry|safe]. But then {h.he} thought of {f}.`,
          `{h} looked out of the window and [was worried|thought of {f}].`,
        );
        t.say(
          `{h.he} [put on a thick coat|took a lamp|pulled a sack over {h.his} head] and went out to look. And it was bad: ${d.harm}.`,
          `Somebody called out that ${d.harm}. {h} did not [wait|think] long and went out.`,
        );
        t.say(
          `"[Come with me|You cannot stay here]!" {h} [called|cried] [through the noise|loudly]. "[We are all going {p.to}|It is safe {p.at}]."`,
          `{h} took {f} [by the arm|along], and step by step they [fought their way|struggled] {p.to}.`,
        );
        t.paragraph();
        t.say(
          "[Others were there already|Many were there already|They were not alone]: {n} with {tool}, {e}, and [a whole row of children|two cats|an old dog|three wet hens].",
        );
        t.say(
          `[It was crowded, but cozy|Everybody was cold and hungry]. {h} had brought {share}. "[There is enough for everyone|Let us share]," {h.he} said.`,
          `{h} opened {h.his} bag and took out {share}. It was not much, but everyone got a share.`,
        );
        t.say(
          "Outside it roared, but inside they {game}. Later they {game2}[, and nobody was afraid any more|].",
          "They {game}, and then they {game2}. {f} even stopped being afraid.",
        );
        t.maybe(
          0.4,
          `"[Almost a pity if it stops|It could storm like this more often]," [said|joked] {n}.`,
          "At some point, they all fell asleep, one leaning against the other.",
        );
        t.paragraph();
        t.say(`[In the morning|When the new day came], ${d.after}.`, `At last, ${d.after}.`);
        t.say(
          `Now there was a lot of work to do. ${d.work}.`,
          `"Now we will help {f}," said {h}. And all of them came. ${d.work}.`,
        );
        t.say(
          `"[I was never so glad to have friends|Without you I would have been lost]," said {f}.`,
          `{f} [pressed {h.s} hand|hugged {h}] and said, "[You came for me|I will not forget it]."`,
        );
      },
    };
  },
};
