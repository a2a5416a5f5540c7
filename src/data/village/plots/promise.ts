/** @file A promise kept or broken: something tempting comes between; the promise is kept all the same, or broken and made
 *  good. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import type { Plot } from "../plot.js";

const PROMISES = [
  {
    to: "n",
    task: "feed the hens",
    thing: "hens",
    place: "the farm",
    away: "had to [go to town|visit a sick aunt]",
    bad: "The hens had [scratched|run] all over the yard and cried with hunger",
    good: "The hens ran to meet {h.him} and clucked with joy",
    fix: "gave the hens twice as much corn and [swept|cleaned] the whole yard",
  },
  {
    seasons: "spring summer",
    to: "n",
    task: "water the roses",
    thing: "roses",
    place: "the garden",
    away: "went on a trip for [two|three] days",
    bad: "The roses hung their heads, and the leaves were dry and brown",
    good: "The roses lifted their heads and smelled sweeter than ever",
    fix: "carried water from the well, can after can, until the earth was dark and wet",
  },
  {
    seasons: "spring summer autumn",
    to: "f",
    task: "come to {f.his} birthday",
    thing: "birthday",
    place: "the orchard",
    away: "had set the table under the trees",
    bad: "{f} had waited and waited, and the candles had burned down",
    good: "{f.s} face lit up when {h} came through the gate",
    fix: "picked the best apples, baked a small cake and sang a song for {f}",
  },
  {
    to: "e",
    task: "bring home bread before dark",
    thing: "bread",
    place: "the bakery",
    away: "had a pot of soup on the fire, but nothing to go with it",
    bad: "The bakery was closed, and there was only thin soup for supper",
    good: "There was warm bread with the soup, and everyone was content",
    fix: "got up before sunrise and was the first at the bakery door",
  },
  {
    to: "f",
    task: "help carry the firewood",
    thing: "firewood",
    place: "the forest",
    away: "had a great pile of wood to bring home before the rain",
    bad: "{f} had carried everything alone, and {f.his} back hurt",
    good: "Together they carried the wood home just before the first drops fell",
    fix: "stacked all the wood neatly and split the thick pieces too",
  },
  {
    to: "n",
    task: "close the gate of the sheep pen",
    thing: "sheep",
    place: "the hill",
    away: "had to see a friend in the next village",
    bad: "The gate stood open, and the sheep had run off in all directions",
    good: "All the sheep stood safe and warm in their pen",
    fix: "searched the whole hill with a lamp until the last sheep was back",
  },
  {
    to: "e",
    task: "keep the fire burning",
    thing: "fire",
    place: "the mill",
    away: "went to [fetch water|cut wood]",
    bad: "The fire had gone out, and the house was cold",
    good: "The fire danced in the stove, and the house was warm",
    fix: "gathered dry twigs and blew and blew until there was a flame again",
  },
  {
    to: "f",
    task: "give back {f.his} book on Sunday",
    thing: "book",
    place: "the library",
    away: "needed {f.his} book for school",
    bad: "{f} had stood before the class without {f.his} book",
    good: "{f} could read the whole story aloud at school",
    fix: "went to the teacher and said that it was not {f.s} fault",
  },
  {
    to: "n",
    task: "look after the kitten",
    thing: "kitten",
    place: "the harbor",
    away: "had to sail out with the boats",
    bad: "The kitten was gone, and only its bowl stood there",
    good: "The kitten purred and fell asleep in {h.his} lap",
    fix: "searched the whole harbor and found the kitten inside a coil of rope",
  },
] as const;

const TEMPTATIONS = [
  "a [juggler|clown|puppet show] came to the square",
  "sweet [buns|waffles] were being sold at the market",
  "the others were playing [hide and seek|ball|pirates] and called {h.him}",
  "a soft bench by the wall made {h.him} sleepy",
  "a band with [drums|trumpets] marched down the lane",
  "somebody had built a slide down the hill",
  "the best book in the world lay open in front of {h.him}",
  "a ship with red sails came into the harbor",
];

export const promise: Plot = {
  kind: "promise",
  scene(w) {
    const p = w.draw(PROMISES);
    const keeps = w.chance(0.5);
    const temptation = w.draw(TEMPTATIONS.filter((x) => !(x.includes("book") && p.thing === "book")));
    const to = p.to;
    const other = to === "n" ? w.neighbor : to === "e" ? w.elder : w.friend;
    const vars = { ...frameVars(w), o: other, where: p.place };
    return {
      title: keeps ? "{h} Keeps a Promise" : "The Forgotten Promise",
      thing: p.thing,
      place: p.place,
      vars,
      facts: [
        { who: w.hero, did: `promised {o} to ${p.task}`, because: `{o} ${p.away}` },
        keeps
          ? { who: w.hero, did: "kept the promise", because: "{h} remembered it in time" }
          : { who: w.hero, did: "forgot the promise", because: temptation },
        ...(keeps ? [] : [{ who: w.hero, did: `said sorry and ${p.fix}` }]),
      ],
      cause: keeps ? "{h} had given {h.his} word" : temptation,
      ending: {
        feeling: keeps ? ("proud" as const) : ("wiser" as const),
        how: keeps ? p.good : "{o} forgave {h}",
      },
      morals: keeps
        ? [
            "a promise is a promise",
            "a kept promise feels better than any game",
            "people trust the one who keeps a promise",
          ]
        : [
            "a promise is a promise",
            "being sorry is good, and making it good is better",
            "one forgotten hour can hurt someone else",
          ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `${ONE_DAY}, {o} came to {h}, for {o.he} ${p.away}. "Can you ${p.task.replace("{f.his}", "my")}?" asked {o}. "[Yes, I promise|I promise]," said {h}.`,
          `${ONE_DAY}, {h} made a promise to {o}. {o} ${p.away}, and {h} promised to ${p.task}. "[You can count on me|I give you my word]," {h.he} said.`,
        );
        t.maybe(0.5, `"[Thank you|That is kind of you]," said {o}. "I [trust|count on] you."`);
        t.paragraph();
        t.say(`[On the way|Soon after|A little later], ${temptation}.`, `But then ${temptation}.`);
        weather(t, w);
        if (keeps) {
          t.say(
            `{h} [stopped|stood still]. [How {h.he} wanted to stay|It looked so nice]! But {h.he} [thought of|remembered] {h.his} promise.`,
            `"[Only for a minute|Just a little while]," {h} thought. Then {h.he} shook {h.his} head. "[I gave my word|I have promised]," {h.he} said to {h.himself}.`,
          );
          t.say(
            `So {h.he} went on to {where} to do what {h.he} had promised.`,
            `{h.he} turned around and ran all the way to {where}.`,
          );
          t.say(`${p.good}.`);
          t.paragraph();
          t.say(
            `"[I knew that I could trust you|You kept your word]," said {o}[ and smiled| warmly|].`,
            `{o} [was so glad|was very happy] and said, "[On you one can rely|You are as good as your word], {h}."`,
          );
          t.maybe(
            0.6,
            "And the best of it was that there was still time to play afterwards.",
            `As a thank you, {o} gave {h.him} [a red apple|a warm bun|a shiny coin|a jar of honey].`,
            "{h} felt a warm glow inside.",
          );
        } else {
          t.say(
            `"[Only for a minute|I have plenty of time]," thought {h}. But [one minute became an hour|the time flew by], and {h.he} forgot [everything|{h.his} promise].`,
          );
          t.say(
            "[When the sun went down|When the bell rang|Late in the day], {h} remembered and [jumped up|got a fright].",
            `"Oh dear, my promise!" {h} [cried|called] [suddenly|all at once].`,
          );
          t.say(`{h.he} ran as fast as {h.he} could to {where}, but it was too late. ${p.bad}.`);
          t.paragraph();
          t.say(
            `{h} [felt terrible|was ashamed|hung {h.his} head]. "[I forgot|I broke my promise], and I am [so|very] sorry," {h.he} said to {o}. "[Let me make it good|I want to make it good]."`,
          );
          t.say(`{h.he} ${p.fix}.`, `And {h.he} did not rest: {h.he} ${p.fix}.`);
          t.say(
            `{o} [saw it and nodded|was no longer cross]. "[Everyone can forget something|Now you have made it good]," {o.he} said. "[Let us be friends again|I forgive you]."`,
          );
        }
      },
    };
  },
};
