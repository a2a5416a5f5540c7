/** @file A surprise: the friends seem to forget someone; in truth they are preparing something. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import type { Plot } from "../plot.js";

const OCCASIONS = [
  { what: "birthday", why: "it was {h.s} birthday", wish: "Happy birthday, {h}!" },
  {
    what: "welcome party",
    why: "{h} had been ill for a long time and was well again",
    wish: "Welcome back, {h}!",
  },
  { what: "party", why: "{h} had helped everyone in the spring", wish: "Thank you, {h}!" },
  {
    what: "farewell party",
    why: "{h} was going on a long trip the next day",
    wish: "We will miss you, {h}!",
  },
  { what: "feast", why: "{h} had won the race on Sunday", wish: "Three cheers for {h}!" },
] as const;

const EXCUSES = [
  "I must wash my socks",
  "I have to count my buttons",
  "my hat needs brushing",
  "I have no time today",
  "I must clean the chimney",
  "I have to look for a needle",
  "I promised to sort potatoes",
];
const GIFTS = [
  "a cake with [white cream|red berries|seven candles]",
  "a new swing",
  "a boat with {h.s} name on it",
  "a crown of flowers",
  "a house in the tree",
  "a blanket made of many colored patches",
  "a box full of paints",
  "a bench with a carved heart",
];

export const surprise: Plot = {
  kind: "surprise",
  scene(w) {
    const o = w.pick(OCCASIONS);
    const gift = w.draw(GIFTS);
    const p = w.place(() => true);
    const q = w.place((s) => s.name !== p.name);
    const excuse = w.pick(EXCUSES);
    const vars = { ...frameVars(w), p, q, excuse, excuse2: w.pick(EXCUSES.filter((x) => x !== excuse)) };
    return {
      title: "The Secret of {p}",
      thing: gift,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: "thought that nobody had time for {h.him}" },
        { who: w.friend, did: `prepared a ${o.what} {p.at}`, because: o.why },
        { who: w.hero, did: "found everyone {p.at}" },
      ],
      cause: o.why,
      ending: { feeling: "happy", how: "everyone had prepared a surprise for {h}" },
      morals: [
        "friends think of you even when you do not see it",
        "one should not be sad too soon",
        "some secrets are good secrets",
        "the best gift is to have friends",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `${ONE_DAY}, {h} [went|ran] to {f} to play. "Not today," said {f}. "{excuse}." And the door was closed again.`,
          `${ONE_DAY}, {h} knocked at the door of {f}. "I cannot play with you," {f} said quickly. "{excuse}."`,
        );
        weather(t, w);
        t.say(
          `{h} went on {q.to} and met {n}. But {n} had no time either. "{excuse2}," {n.he} [mumbled|said] and hurried away.`,
          `{h} [asked|went to] {n}. "{excuse2}," said {n} and [looked the other way|turned red].`,
        );
        t.say(
          "{h} saw how the two whispered with each other. When {h.he} came closer, they [stopped|were silent].",
          `Everywhere, [people whispered|somebody giggled]. But as soon as {h} came near, it was quiet.`,
        );
        t.say(
          "{h} sat down {q.at} and felt [lonely|very small|forgotten].",
          `"[Nobody likes me any more|They have all forgotten me]," thought {h}, and a tear fell on {h.his} foot.`,
        );
        t.paragraph();
        t.say(
          `[Towards evening|A little later|After some time], {e} came by. "Come with me {p.to}," said {e}. "[I need your help|I want to show you something]."`,
          `Then {f} came running. "Come quickly {p.to}!" {f.he} [called|cried]. "[Do not ask|Just come]!"`,
        );
        t.say(
          "{h} [followed slowly|went along without much joy]. It was [strangely|very] quiet {p.at}. [Not a soul was to be seen|Nobody was there].",
          "{h} did not understand anything, but {h.he} came. {p.at}, everything was [dark|still].",
        );
        t.say(
          `Then [lanterns lit up|a fiddle began to play], and from [everywhere|all sides] came [shouting|laughing] friends. "${o.wish}" they [called|cried|shouted].`,
          `[One, two, three|All at once], everybody jumped out. "${o.wish}" they [called|shouted].`,
        );
        t.paragraph();
        t.say(`In the middle stood ${gift}.`, `And they had a present: it was ${gift}.`);
        t.say(
          `"[So that was why you had no time|So you were not angry with me]!" said {h}. {f} [laughed|grinned]. "[It was so hard to keep quiet|I almost told you everything]!"`,
          `"I thought that you had forgotten me," said {h}. "[Never|How could we]," said {f} and hugged {h.him}.`,
        );
        t.say(
          "They [danced|sang|ate and drank] until [the moon stood over the roofs|late in the night|the last lantern went out].",
          "{n} played the fiddle, and everyone danced, [even {e}|big and small|young and old].",
        );
      },
    };
  },
};
