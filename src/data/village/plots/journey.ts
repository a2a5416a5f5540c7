/** @file A journey: someone sets out for a reason, meets an obstacle, is helped on the way, and arrives. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import type { Plot } from "../plot.js";

const GOALS = [
  {
    goal: "see the sea",
    thing: "sea",
    why: "{h} had never seen it and dreamed of the waves",
    end: "There it was, blue and wide, with waves that rolled up to {h.his} feet",
  },
  {
    goal: "visit {e}, who lived beyond the hills",
    thing: "visit",
    why: "{e} had written a letter and asked {h} to come",
    end: "There stood {e} at the door with open arms, and the table was already set",
  },
  {
    goal: "bring medicine to {e}",
    thing: "medicine",
    why: "{e} lay in bed with a fever",
    end: "{e} took the medicine, and in the morning the fever was gone",
  },
  {
    goal: "find the spring of the river",
    thing: "spring",
    why: "{h} wanted to know where all the water came from",
    end: "Between two mossy stones, a thin thread of clear water came out of the earth. The big river began so small",
  },
  {
    goal: "climb the blue mountain",
    thing: "mountain",
    why: "{h} wanted to see what lay behind it",
    end: "Behind the mountain there was another one, and behind that one another, and above all of them the sky",
  },
  {
    goal: "hear the singing in the next village",
    thing: "song",
    why: "people said that it was the most beautiful singing in the land",
    end: "They came just as the first song began, and {h} forgot {h.his} tired feet",
  },
  {
    goal: "bring a letter to the lighthouse",
    thing: "letter",
    why: "the postman had hurt his foot",
    end: "The keeper of the lighthouse read the letter, laughed and wept, for it came from his brother",
  },
  {
    goal: "see the great fair in the town",
    thing: "fair",
    why: "there was a wheel as high as a church tower",
    end: "The wheel turned, the music played, and from the very top {h} could see {h.his} own roof, as small as a crumb",
  },
] as const;

const HURDLES = [
  {
    what: "a bridge had been washed away",
    told: "But at the river, the bridge was gone. The [flood|spring flood] had washed it away.",
    helper: "a beaver",
    solved: "A beaver showed them a place where big flat stones led across the water",
  },
  {
    what: "they lost their way in the fog",
    told: "Then fog came up, and soon they did not know which way to go.",
    helper: "an owl",
    solved: "An owl flew ahead from tree to tree and led them back to the path",
  },
  {
    what: "it began to rain hard",
    told: "Then it began to rain, harder and harder, until they were wet to the skin.",
    helper: "a shepherd",
    solved: "A shepherd let them sit in his hut, gave them hot tea and dried their coats by the fire",
  },
  {
    what: "the road split in two",
    told: "Then the road split in two, and there was no sign.",
    helper: "an old woman",
    solved:
      "An old woman with a goat pointed to the left with her stick. The road to the right, she said, led only into the swamp",
  },
  {
    seasons: "spring summer autumn",
    what: "{f} was too tired to go on",
    told: "Halfway there, {f} sat down and said that {f.he} could not go one step further.",
    helper: "a farmer",
    solved: "A farmer with a hay wagon came along and let them ride on the soft hay",
  },
  {
    what: "a grumpy goose blocked the path",
    told: "Then a big goose stood on the path, hissed and would not let them pass.",
    helper: "the goose",
    solved:
      "{h} bowed and asked politely, and the goose was so pleased that she walked with them for a whole mile",
  },
  {
    seasons: "summer autumn",
    what: "they had no more food",
    told: "At noon, they opened the bag and found it empty. A mouse had gnawed a hole in it.",
    helper: "the mouse",
    solved: "The mouse was ashamed and showed them where the best blackberries grew",
  },
] as const;

const PACKED = [
  "bread and cheese",
  "a bottle of water",
  "a warm coat",
  "a map",
  "two apples",
  "a rope",
  "a lantern",
  "a bag of nuts",
  "a flute",
  "a spare pair of socks",
];

export const journey: Plot = {
  kind: "journey",
  scene(w) {
    const g = w.pick(GOALS);
    const x = w.draw(HURDLES);
    const via = w.place();
    const next = w.beside(via);
    const first = w.pick(PACKED);
    const second = w.pick(PACKED.filter((y) => y !== first));
    const sight = w.sight(via);
    const why = g.why.replace(/^\{h\}/, "{h.he}");
    const vars = { ...frameVars(w), p: via, q: next, pack1: first, pack2: second, helper: x.helper };
    return {
      title: `{h}'s Long Way`,
      thing: g.thing,
      place: via.name,
      vars,
      facts: [
        { who: w.hero, did: `set out to ${g.goal}`, because: g.why },
        { who: w.hero, did: "packed {pack1} and {pack2}" },
        { who: w.hero, did: "came past {p}" },
        { who: w.hero, did: "could not go on for a while", because: x.what },
        { who: w.hero, did: "got help from {helper}" },
        { who: w.hero, did: "arrived" },
      ],
      cause: g.why,
      ending: { feeling: "happy", how: g.end },
      morals: [
        "a long way is shorter with a friend",
        "whoever asks politely finds the way",
        "one step after another leads to the goal",
        "the world is wide and full of kind people",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `${ONE_DAY}, {h} set out to ${g.goal}, for ${why}.`,
          `{h} had a [plan|wish]: {h.he} wanted to ${g.goal}, because ${why}. ${ONE_DAY}, {h.he} set out.`,
        );
        t.say(
          `{f} [came along|wanted to come too], for [two travel better than one|a journey alone is only half as nice]. They packed {pack1} and {pack2}.`,
          `{h.he} packed {pack1} and {pack2}. "[Take me with you]!" called {f}. And so they were two.`,
        );
        weather(t, w);
        t.paragraph();
        t.say("They [walked|went] past {p}.", "The way led past {p}.", "First they came to {p}.");
        if (sight !== undefined) t.maybe(0.7, `${sight}.`);
        t.say(
          "Then they [went|walked] on to {q}.",
          "After that, the way led to {q}.",
          "[Behind|After] that came {q}.",
        );
        t.maybe(
          0.4,
          "They sang [a walking song|every song they knew], and {f} [sang the loudest|beat time with a stick].",
          `"[Are we there yet|Is it still far]?" asked {f}. "[Only a little further|Not very far]," said {h}. But {h.he} did not really know.`,
        );
        t.say(x.told);
        t.maybe(
          0.6,
          `"[What now|What shall we do]?" asked {f}.`,
          `"[We will not give up|There must be a way]," said {h}.`,
        );
        t.say(`[But they were lucky|Luckily, they were not alone]. ${x.solved}.`, `${x.solved}.`);
        t.maybe(
          0.5,
          `"[Thank you so much|Many thanks]!" [they called|both of them said].`,
          "They said thank you and went on.",
        );
        t.paragraph();
        t.say(
          "[The sun was already low when|At last,|After many steps,] they [reached] the end of their way.",
          "And then, [behind the last bend|when they hardly believed in it any more], they were there.",
        );
        t.say(`${g.end}.`);
        t.maybe(
          0.6,
          `"[That was worth it|It was worth every step]," said {h}.`,
          `"[I would walk twice as far for this|I am glad that I came along]," said {f}.`,
          "They sat down side by side and were quiet for a long time.",
        );
      },
    };
  },
};
