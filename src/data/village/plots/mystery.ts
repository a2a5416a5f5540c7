/** @file A small mystery: something goes missing again and again; there is a clue; the culprit has a good reason. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { spotNamed } from "../places.js";
import type { Plot } from "../plot.js";

const CASES = [
  {
    gone: "eggs",
    place: "the farm",
    clue: "a thin trail of wet paw prints",
    who: "a weasel",
    reason: "had five hungry babies under the woodpile",
    deal: "{n} put a bowl of scraps by the fence every evening, and the eggs were left in peace",
  },
  {
    gone: "rolls",
    place: "the bakery",
    clue: "a line of crumbs",
    who: "a little mouse",
    reason: "was feeding a sick grandmother behind the wall",
    deal: "{n} laid out a warm crust for them each morning",
  },
  {
    seasons: "autumn",
    gone: "socks",
    place: "the garden",
    clue: "a thread of red wool on a thorn",
    who: "a hedgehog",
    reason: "was lining a nest for the winter",
    deal: "{n} gave it an old blanket and got the socks back",
  },
  {
    gone: "spoons",
    place: "the market",
    clue: "a black feather",
    who: "a magpie",
    reason: "loved things that shone and had nobody to show them to",
    deal: "they hung glass beads in a tree for the magpie, and it gave the spoons back",
  },
  {
    seasons: "spring summer autumn",
    gone: "carrots",
    place: "the garden",
    clue: "small round footprints in the soft earth",
    who: "a young rabbit",
    reason: "did not know that the carrots belonged to anyone",
    deal: "the rabbit was given a row of carrots of its own and pulled the weeds in return",
  },
  {
    gone: "fish",
    place: "the harbor",
    clue: "shiny scales on the steps",
    who: "a gray cat",
    reason: "had three kittens in an old crate",
    deal: "{n} kept the smallest fish for the cat, and the cat kept the mice away",
  },
  {
    seasons: "summer autumn",
    gone: "apples",
    place: "the orchard",
    clue: "half an apple with big tooth marks",
    who: "a lonely pony",
    reason: "had found a hole in the fence and was looking for company",
    deal: "they mended the fence and visited the pony every day",
  },
  {
    gone: "books",
    place: "the library",
    clue: "a trail of candle wax",
    who: "a boy from the next village",
    reason: "was too shy to ask and read them at night",
    deal: "{n} gave him a card of his own, and he brought every book back",
  },
  {
    gone: "buttons",
    place: "the mill",
    clue: "a tiny hole in the floor",
    who: "a family of mice",
    reason: "used them as plates",
    deal: "{n} carved small plates out of nut shells for them",
  },
  {
    gone: "honey",
    place: "the forest",
    clue: "sticky brown hair on the bark",
    who: "a small bear",
    reason: "had a bad cough",
    deal: "{n} gave the bear a jar of honey and a warm drink, and the cough went away",
  },
] as const;

export const mystery: Plot = {
  kind: "mystery",
  scene(w) {
    const c = w.draw(CASES.filter((x) => !w.hero.animal || !x.who.includes(w.hero.kind)));
    const p = spotNamed(c.place);
    const one = c.gone === "honey" || c.gone === "fish";
    const [is, was] = one ? ["is", "was"] : ["are", "were"];
    const takes = c.who.startsWith("a family") ? "they" : c.who.startsWith("a boy") ? "he" : "it";
    const wrong = w.pick(["the wind", "a ghost", "a robber", "{f}", "the geese"]);
    const vars = {
      ...frameVars(w),
      p,
      gone: c.gone,
      clue: c.clue,
      who: c.who,
      thewho: c.who.replace(/^an? /, "the "),
    };
    return {
      title: `The Mystery of the ${c.gone[0]!.toUpperCase()}${c.gone.slice(1)}`,
      thing: c.gone,
      place: p.name,
      vars,
      facts: [
        { who: w.neighbor, did: "missed {gone} every morning" },
        { who: w.hero, did: "found {clue} {p.at}" },
        { who: w.hero, did: "hid with {f} and kept watch" },
        { who: w.hero, did: `saw that {who} took the {gone}`, because: `{who} ${c.reason}` },
      ],
      cause: `{who} ${c.reason}`,
      ending: { feeling: "calm", how: c.deal },
      morals: [
        "there is a reason behind most things",
        "it is better to ask than to be angry",
        "whoever looks closely sees more",
        "nobody should be blamed without proof",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `${ONE_DAY}, {n} was [very upset|angry|puzzled]. "[Again, some {gone} ${is} gone|Somebody takes my {gone} at night]!" {n.he} said.`,
          `Something strange was happening {p.at}. Every morning, some of the {gone} ${was} missing. {n} did not know what to think.`,
        );
        weather(t, w);
        t.say(
          wrong === "{f}"
            ? `Some people even said that it was {f}. "That is not true!" said {h}. "And I will prove it."`
            : `"It must be ${wrong}," [said the neighbors|people said]. But {h} [did not believe it|was not so sure]. "I will find out," {h.he} said.`,
        );
        t.paragraph();
        t.say(
          `{h} and {f} [went {p.to}|began to search {p.at}]. They looked [at everything|into every corner], and at last they found {clue}.`,
          `With {f}, {h} went to have a look. {h.he} [bent down|went down on {h.his} knees] and looked closely. And there, {p.at}, {h.he} found {clue}.`,
        );
        t.say(
          `"[Aha|Look at this]!" [said|whispered] {h}. "[This is a clue|Now we know more]."`,
          `"[What can that mean|Who leaves such a thing behind]?" asked {f}. {h} [thought hard|wrinkled {h.his} nose].`,
        );
        t.say(
          "In the evening, they hid [behind a barrel|under a blanket|behind a bush|in the shadow] and [waited|kept watch]. The moon rose. [An owl called|The clock struck ten|Nothing moved].",
          "That night, they did not go to bed. They sat [quite still|side by side] in the dark and [hardly dared to breathe|listened].",
        );
        t.say(
          `{f} had almost fallen asleep when something rustled. [Softly|Quietly], {who} came [out of the dark|along the wall] and took [some of the|the] {gone}!`,
          `Then there was a [soft|small] noise. It was {who}! [Quick as lightning|Very carefully], ${takes} took the {gone}.`,
        );
        t.paragraph();
        t.say(
          `"[Stop|Wait]!" [called|said] {h}[ softly|]. "[Do not be afraid|We will not hurt you]." And so they learned that {thewho} ${c.reason}.`,
          `{h} did not shout. {h.he} came out slowly and asked, "[Why do you do that|What is it for]?" And then they understood: {thewho} ${c.reason}.`,
        );
        t.say(
          `The next morning, {h} told {n} everything. {n} was not angry any more. So ${c.deal}.`,
          `When {n} heard that, {n.he} [scratched {n.his} head|had to laugh]. So ${c.deal}.`,
        );
        t.maybe(
          0.6,
          `"[You have sharp eyes|You are a real detective], {h}," said {n}.`,
          wrong === "{f}"
            ? "And nobody ever said a bad word about {f} again."
            : "And so the mystery was solved.",
        );
      },
    };
  },
};
