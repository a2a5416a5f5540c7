/** @file A gift: someone has nothing to give, gives time or a treasure, and gets something back that was not expected. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { thing } from "../grammar.js";
import type { Plot } from "../plot.js";
import { treasures } from "../things.js";

const OCCASIONS = [
  "it was {f.s} birthday soon",
  "{f} was ill and had to stay in bed",
  "{f} was sad because {f.his} cat had run away",
  "{f} had lost everything in the flood",
  "the winter feast was near",
  "{f} was moving to another village",
] as const;
const MADE = [
  { gift: "a little ship of bark", how: "carved it from a piece of bark and gave it a leaf for a sail" },
  { gift: "a picture of the village", how: "painted every house, and put a tiny {f} in the middle" },
  { gift: "a chain of acorns", how: "made holes in the acorns and put them on a string" },
  { gift: "a soft cushion", how: "sewed it from old shirts and filled it with wool" },
  { gift: "a small song", how: "made up a tune, and then the words, and sang it until it sounded right" },
  { gift: "a lamp from an old jar", how: "glued colored paper on the glass and put a candle inside" },
  { gift: "a wind chime of shells", how: "tied shell after shell to a piece of driftwood" },
  { gift: "a warm pair of socks", how: "knitted row after row, even when the fingers got tired" },
  {
    gift: "a box with a star on its lid",
    how: "sanded the wood until it was smooth and painted a yellow star on it",
  },
  { gift: "a book of pressed flowers", how: "laid the flowers between heavy books and wrote down each name" },
] as const;

export const gift: Plot = {
  kind: "gift",
  scene(w) {
    const t0 = w.pick(treasures(w.setting.season));
    const cold = w.setting.season === "winter" || w.setting.season === "autumn";
    const why = w.pick(OCCASIONS.filter((o) => cold || !o.includes("winter")));
    const gives = w.chance(0.45);
    const made = w.pick(MADE);
    const p = w.place((s) => ["the market", "the square", "the harbor"].includes(s.name));
    const coins = w.pick(["two coins", "three coins", "one coin", "five pennies"]);
    const k = thing(t0.noun, w.pick(t0.looks), t0.number);
    const vars = {
      ...frameVars(w),
      k,
      p,
      coins,
      made: made.gift,
      use: t0.use,
      useit: t0.use.replace(/\b(?:it|them)\b/, `the ${t0.noun}`),
    };
    return {
      title: gives ? "{h} Gives Away the {k}" : "A Present for {f}",
      thing: gives ? t0.noun : made.gift,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: "wanted to give {f} a present", because: why },
        { who: w.hero, did: "had only {coins}, which was not enough" },
        gives
          ? { who: w.hero, did: "gave {f} {h.his} own {k.full}" }
          : { who: w.hero, did: `made {f} {made}: {h.he} ${made.how}` },
      ],
      cause: why,
      ending: {
        feeling: "happy",
        how: gives ? "{f} shared {k.the} with {h}" : "{f} liked {made} better than anything from a shop",
      },
      morals: [
        "the best gifts come from the heart",
        "a gift need not cost much",
        "giving makes two people happy",
        "what is made with love has no price",
      ],
      tell(t) {
        introduce(t);
        if (gives)
          t.say(
            "{h.his} favorite thing was {k.afull}.",
            "Of all {h.his} things, {h.he} loved one best: {k.afull}.",
          );
        t.paragraph();
        t.say(
          `${ONE_DAY}, {h} thought about {f}, for ${why}. "I want to [give {f} something|make {f} happy]," {h.he} said.`,
          `{h} wanted to give {f} a present, because ${why}.`,
        );
        t.say(
          `{h.he} went {p.to} with all {h.his} money. That was {coins}. There was [a fine knife|a glass horse|a silver cup|a book with golden letters], but it cost [ten times as much|far too much].`,
          `{h.he} counted {h.his} money: {coins}. {p.at}, {h.he} asked the price of [a box of sweets|a silk ribbon|a red cap]. But it was [much too dear|more than {h.he} had].`,
        );
        weather(t, w);
        t.say(
          "{h} went home [with empty hands|sadly] and [thought|sat down to think].",
          `"[What can I do|What now]?" {h.he} thought on the way home.`,
        );
        t.paragraph();
        if (gives) {
          t.say(
            `At home, {h.his} eyes fell on {k.the}. {h.he} [took a deep breath|swallowed]. "[{f} needs {k.them} more than I do|{f} would love to {use} too]," {h.he} said at last.`,
            `Then {h} looked at {k.the} for a long time. {h.he} loved {k.them} so much. But {h.he} loved {f} even more.`,
          );
          t.say(
            "So {h.he} wrapped {k.the} in [blue|brown|green] paper and brought {k.them} to {f}.",
            "{h.he} tied a [ribbon|string] around {k.the} and went to {f.s} house.",
          );
          t.paragraph();
          t.say(
            `{f} opened [the paper|the present] and [stared|could not speak]. "[But that is your {k}|Your own {k}]!" {f.he} said. "[Now {k.it} {k.is} yours|I want you to have {k.them}]," said {h}.`,
          );
          t.say(
            `{f} hugged {h}. "[Then we will share {k.them}|{k.it} will belong to us both]," {f.he} said. And so {k.it} {k.was} [twice as nice|even nicer than before].`,
            `{f} smiled for the first time in days. "[You are the best friend of all|I will never forget this]," {f.he} said. "Come, let us {use} together!"`,
          );
        } else {
          t.say(
            `Then {h} had an idea. "I will make something myself!" {h.he} [cried|said]. And {h.he} began to make {made}.`,
            `{e} [saw the long face|asked what was wrong]. "[Your hands are worth more than coins|You could make something yourself]," said {e}. So {h} decided to make {made}.`,
          );
          t.say(`{h.he} ${made.how}.`, `All [evening|afternoon], {h.he} worked. {h.he} ${made.how}.`);
          t.maybe(
            0.5,
            "It was not perfect, but it was [beautiful|made with love].",
            "Twice it went wrong, and twice {h.he} began again.",
          );
          t.paragraph();
          t.say(
            `{h} brought it to {f}. "It is only something small," {h.he} said. {f} [looked at it for a long time|beamed]. "[You made this for me|All by yourself]?" {f.he} asked.`,
            `When {f} [saw|got] it, {f.he} was [speechless|overjoyed]. "[Nobody has ever made something for me|That is the best present of all]," {f.he} said.`,
          );
          t.say(
            "{f} gave it the best place in the [room|house].",
            "And {f} liked it more than [anything from the shops|gold and silver].",
          );
        }
      },
    };
  },
};
