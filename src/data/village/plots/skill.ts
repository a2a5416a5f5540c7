/** @file A skill learned: wish, failure, advice, practice, success, and somebody to show it to. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { spotNamed } from "../places.js";
import type { Plot } from "../plot.js";

const SKILLS = [
  {
    seasons: "summer",
    skill: "swim",
    thing: "water",
    place: "the lake",
    fail: "{h.he} swallowed water and came up coughing",
    advice: "Let the water carry you. Do not fight it",
    drill: "lay on {h.his} back and let the water carry {h.him}",
    done: "{h} swam from the jetty to the boat and back",
  },
  {
    skill: "whistle",
    thing: "whistle",
    place: "the meadow",
    fail: "only air came out",
    advice: "Make your mouth round, as if to kiss a cherry",
    drill: "practiced on the way to the well and on the way back",
    done: "a clear high note flew over the grass, and a blackbird answered",
  },
  {
    skill: "ride a bicycle",
    thing: "bicycle",
    place: "the park",
    fail: "{h.he} wobbled and fell into a bush",
    advice: "Look far ahead and not at the wheel",
    drill: "rode a little further each day",
    done: "{h} rode once around the fountain without touching the ground",
  },
  {
    skill: "skate",
    thing: "ice",
    place: "the pond",
    fail: "both feet slid away and {h.he} sat down hard",
    advice: "Bend your knees and push to the side",
    drill: "held on to a chair and pushed it over the ice",
    done: "{h} glided over the ice in a big curve",
    seasons: "winter",
  },
  {
    skill: "read",
    thing: "page",
    place: "the library",
    fail: "the letters danced before {h.his} eyes",
    advice: "Take one letter after another, like beads on a string",
    drill: "read the signs of all the shops aloud",
    done: "{h} read a whole page without stopping once",
  },
  {
    skill: "juggle",
    thing: "three apples",
    place: "the square",
    fail: "all three apples rolled over the stones",
    advice: "Begin with two, and throw them no higher than your eyes",
    drill: "threw and caught, threw and caught",
    done: "three apples flew in a circle, and none fell down",
  },
  {
    skill: "bake bread",
    thing: "bread",
    place: "the bakery",
    fail: "the loaf was as hard as a stone",
    advice: "Give the dough time to rise. It cannot be hurried",
    drill: "weighed, pressed and waited",
    done: "a round brown loaf with a fine crust came out of the oven",
  },
  {
    seasons: "spring summer autumn",
    skill: "row a boat",
    thing: "boat",
    place: "the river",
    fail: "the boat only turned in a circle",
    advice: "Pull both oars at the same time and count aloud",
    drill: "counted one, two, one, two until {h.his} arms were tired",
    done: "the boat went straight to the other side",
  },
  {
    skill: "knit",
    thing: "scarf",
    place: "the mill",
    fail: "the wool became one big knot",
    advice: "In through the little door, around the back, and out again",
    drill: "knitted a row each evening by the stove",
    done: "a warm scarf lay on {h.his} knees, with only two small holes",
  },
  {
    skill: "play the flute",
    thing: "flute",
    place: "the orchard",
    fail: "it sounded like a sick goose",
    advice: "Blow as softly as if you wanted to cool soup",
    drill: "played the same three notes over and over",
    done: "a small tune rose up into the trees",
  },
  {
    skill: "climb the old oak",
    thing: "oak",
    place: "the forest",
    fail: "{h.he} slid down and scratched {h.his} belly",
    advice: "First find a good hold for your feet, then pull",
    drill: "climbed one branch higher each day",
    done: "{h} sat in the top and saw as far as the sea",
  },
  {
    skill: "draw a horse",
    thing: "horse",
    place: "the farm",
    fail: "it looked like a table with a tail",
    advice: "First look for a long time, then draw what you see",
    drill: "sat by the fence and filled page after page",
    done: "the horse on the paper looked as if it would gallop away",
  },
  {
    skill: "dance",
    thing: "dance",
    place: "the barn",
    fail: "{h.he} stepped on everyone's feet",
    advice: "Listen to the drum, for it tells your feet what to do",
    drill: "danced with the broom",
    done: "{h} turned and jumped and did not miss a single beat",
  },
  {
    skill: "fly a kite",
    thing: "kite",
    place: "the hill",
    fail: "the kite fell on its nose",
    advice: "Wait for the wind, then run and let the string go slowly",
    drill: "ran up and down in the wind",
    done: "the kite stood in the sky like a small bright bird",
  },
] as const;

export const skill: Plot = {
  kind: "skill learned",
  scene(w) {
    const s = w.draw(SKILLS);
    const p = spotNamed(s.place);
    const teacher = w.chance(0.5) ? w.elder : w.neighbor;
    const days = w.pick(["three days", "a week", "two weeks", "many days"]);
    const vars = { ...frameVars(w), m: teacher, p, days };
    return {
      title: `{h} Learns to ${s.skill.replace(/\b[a-z]/, (c) => c.toUpperCase())}`,
      thing: s.thing,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: `wanted to ${s.skill}` },
        { who: w.hero, did: "failed at first", because: s.fail },
        { who: teacher, did: "gave {h} good advice" },
        { who: w.hero, did: `practiced for {days}: {h.he} ${s.drill}` },
        { who: w.hero, did: `learned to ${s.skill}` },
      ],
      cause: `{h} wanted to ${s.skill}`,
      ending: { feeling: "proud", how: s.done },
      morals: [
        "practice makes the master",
        "nobody can do everything at once",
        "whoever falls can get up again",
        "good advice is worth gold",
      ],
      tell(t) {
        introduce(t);
        t.say(
          `But there was one thing {h.he} could not do: {h.he} could not ${s.skill}.`,
          `There was one thing {h.he} wanted to learn more than anything else: to ${s.skill}.`,
          `{f} could ${s.skill}, and {h} wanted to be able to do it too.`,
        );
        t.paragraph();
        t.say(
          `${ONE_DAY}, {h} went {p.to} to try it.`,
          `${ONE_DAY}, {h.he} [made up {h.his} mind|took heart] and began {p.at}.`,
        );
        weather(t, w);
        t.say(
          `It looked so easy, but ${s.fail}.`,
          `But it was [harder|more difficult] than it looked: ${s.fail}.`,
        );
        t.say(
          `{h.he} tried again, and [again it went wrong|it was no better]. "[I will never learn it|I cannot do it]!" {h.he} [cried|shouted].`,
          `The second time was [even worse|no better]. {h} [wanted to give up|was close to tears].`,
        );
        t.maybe(
          0.4,
          `{f} [laughed a little|had to laugh], but not in a mean way. "I failed a hundred times before I could do it," {f.he} said.`,
        );
        t.paragraph();
        t.say(
          `{m} [had watched|saw it all|was just passing by]. "[May I tell you something|Do you want some advice]?" asked {m}. "${s.advice}."`,
          `{h} asked {m} for help. "[It took me a long time too|There is a trick]," said {m}. "${s.advice}."`,
        );
        t.say(
          `{h} [thought about it|nodded] and [tried it once more|began again]. This time it [went a little better|almost worked].`,
          "That helped. It was still [not good|not perfect], but it was a beginning.",
        );
        t.say(
          `For {days}, {h} practiced. {h.he} ${s.drill}.`,
          `Then {h.he} practiced for {days}. {h.he} ${s.drill}, and [did not lose heart|never gave up].`,
        );
        t.paragraph();
        t.say(`And [then one day|at last], it happened: ${s.done}!`, `And then came the day when ${s.done}.`);
        t.say(
          `"[I can do it|Look at me]!" [cried|called|shouted] {h}.`,
          "{h} could [hardly|scarcely] believe it.",
        );
        t.say(
          `{f} [clapped|cheered], and {m} [nodded|smiled]. "[I knew it|You have earned it]," {m} said.`,
          `"[Well done|You did not give up]," said {m}. "[That is the whole secret|I am proud of you]."`,
        );
        t.maybe(
          0.4,
          `A month later, a small {f.kind} asked {h} how it was done. "${s.advice}," said {h} with a grin.`,
        );
      },
    };
  },
};
