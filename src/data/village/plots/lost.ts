/** @file Lost and found: a treasure is lost for a reason, looked for in the wrong place, and found where the reason
 *  put it. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { thing } from "../grammar.js";
import type { Plot } from "../plot.js";
import { treasures } from "../things.js";

/** Why it was lost, where it is then, and what showed the way. */
const LOSSES = [
  {
    lost: "there was a hole in {h.his} pocket",
    only: "ring whistle locket compass bell",
    told: "{h.~} did not feel how {k.the} slipped through a hole in {h.his} pocket.",
    found: "{k.it} lay {corner}, where {k.it} had fallen from the pocket",
    clue: "something [shiny|bright|small] [glittered|could be seen] {corner}",
  },
  {
    lost: "{h.he} put {k.them} down while playing and forgot",
    told: "{h.~} put {k.the} down [for a moment|only for a minute] and [chased a bird|played tag with {f}|watched the ducks|talked with {n}], and soon {k.it} {k.was} forgotten.",
    found: "{k.it} {k.was} {corner}, just where {h.he} had put {k.them} down",
    clue: "{h.he} remembered the place where {h.he} had [rested|played|stopped]",
  },
  {
    lost: "a magpie carried {k.them} away",
    only: "ring whistle locket compass bell",
    told: "While {h} [looked the other way|took a nap|ate an apple], a magpie [snatched|picked up] {k.the} and flew off.",
    found: "{k.it} lay in the magpie's nest, between a button and a spoon",
    clue: "a black and white bird [laughed|chattered] above them",
  },
  {
    lost: "{h.he} left {k.them} on a wall and walked on",
    told: "{h.~} laid {k.the} on a low wall to look at a [beetle|nest|strange stone] and walked on without {k.them}.",
    found: "{n} had picked {k.them} up and kept {k.them} safe",
    clue: "someone [came towards them|waved to them] and held {k.the} high in the air",
  },
  {
    lost: "{h.he} fell asleep and {k.it} rolled away",
    only: "ball ring jar of marbles spinning top train",
    told: "{h.~} lay down in the [shade|sun] and fell asleep, and {k.the} rolled softly away.",
    found: "{k.it} had come to rest {corner}",
    clue: "they saw a thin track on the ground",
  },
  {
    lost: "{h.he} hid {k.them} and forgot the hiding place",
    told: "{h.~} hid {k.the} [so that nobody could take {k.them}|like a pirate hides a treasure] and went off to play, and then {h.he} could not remember the place.",
    found: "{k.it} {k.was} {corner}, exactly where {h.he} had hidden {k.them}",
    clue: "{h.he} saw {h.his} own footprints",
  },
  {
    lost: "a strong gust of wind took {k.them}",
    only: "kite hat scarf umbrella map basket puppet doll",
    told: "Then a strong gust of wind came and [swept|blew|carried] {k.the} away before {h} [could do anything|could catch {k.them}].",
    found: "{k.it} hung in the branches of a tall tree",
    clue: "a bit of color [moved|fluttered] between the branches",
  },
  {
    lost: "a puppy ran off with {k.them}",
    only: "hat scarf doll ball teddy bear blanket mittens boots book puppet boat flute",
    told: "A [brown|black|spotted] puppy came running, took {k.the} between its teeth and was gone.",
    found: "the puppy had hidden {k.them} {corner}",
    clue: "there were small paw prints in the [mud|dust|soft ground]",
  },
] as const;

export const lost: Plot = {
  kind: "lost and found",
  scene(w) {
    const t0 = w.pick(treasures(w.setting.season));
    const look = w.pick(t0.looks);
    const p = w.place();
    const wrong = w.beside(p);
    const loss = w.draw(LOSSES.filter((l) => !("only" in l) || l.only.includes(t0.noun)));
    const from = w.pick(["{e}", "{h.his} grandfather", "{h.his} grandmother", "an old sailor", "{n}"]);
    const helper = w.chance(0.7) ? "{f}" : "{e}";
    const vars = {
      ...frameVars(w),
      k: thing(t0.noun, look, t0.number),
      p,
      q: wrong,
      corner: w.corner(p),
      look,
      used: t0.used,
      use: t0.use,
      useit: t0.use.replace(/\b(?:it|them)\b/, `the ${t0.noun}`),
    };
    const sight = w.sight(p);
    const G = helper === "{f}" ? "f" : "e";
    return {
      title: "The Lost {k}",
      thing: t0.noun,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: "went {p.to} with {k.thefull}" },
        { who: w.hero, did: "lost {k.the}", because: loss.lost },
        { who: helper === "{f}" ? w.friend : w.elder, did: "helped to look for {k.the}" },
        { who: w.hero, did: "found {k.the}", because: `${loss.clue}` },
      ],
      cause: loss.lost,
      ending: {
        feeling: w.pick(["happy", "grateful"] as const),
        how: `${loss.found}, and {h} got {k.them} back`,
      },
      morals: [
        "good friends help you look",
        "it is wise to take care of your things",
        "one must look twice before giving up",
        "whoever keeps looking will find",
      ],
      tell(t) {
        introduce(t);
        t.say(
          `{h.~} had {k.afull}. {k.it} {k.was} a [present|gift] from ${from}, and {h.he} {used}.`,
          `[The best thing|What {h.he} loved most|{h.s} greatest treasure] {k.was} {k.afull}. {h.he} {used}.`,
          `{e} had given {h.him} {k.afull}, and {h.he} {used}.`,
        );
        t.paragraph();
        t.say(
          `${ONE_DAY}, {h} took {k.the} along {p.to}.`,
          `${ONE_DAY}, {h} {moves} {p.to} and took {k.thefull} along.`,
          `${ONE_DAY}, {h} [wanted|decided] to go {p.to}, and of course {k.thefull} had to come too.`,
        );
        weather(t, w);
        if (sight !== undefined) t.maybe(0.5, `${sight}.`);
        t.say(loss.told);
        t.paragraph();
        t.say(
          "[At home|On the way home|When it was time to go home|A little later], {h} [noticed|saw|found out] that {k.the} {k.was} gone.",
          `"Oh no!" cried {h}. "Where {k.is} my {k}?"`,
          `[Later|After a while], {h} wanted to {useit}. But {k.it} {k.was} nowhere to be seen.`,
        );
        t.maybe(
          0.7,
          "{h.his} heart [beat fast|sank|felt as heavy as a stone].",
          "[Tears|Two big tears] ran down {h.his} [face|nose|cheeks].",
          "{h.he} felt [very sad|sick with worry|like crying].",
        );
        if (w.chance(0.8)) {
          t.say(
            `{${G}} [came by|saw {h.him}|heard {h.him}] and asked, "[What is wrong|What is the matter|Why are you so sad], {h}?" "I have lost my {k}," said {h}.`,
            `{h} ran to {${G}}. "My {k} {k.is} gone," {h.he} said. "[Will|Can] you help me?"`,
          );
          t.say(
            `"[Do not worry|Don't cry|Cheer up]," said {${G}}. "[We will find {k.them}|We will look together|Two can see more than one]."`,
            `"Of course I will help you look," said {${G}}. "Let us start at once."`,
          );
        } else t.say(`{h} asked {${G}} for help, and together they set out.`);
        t.paragraph();
        t.say(
          "[First|At first], they [went back {q.to}|looked {q.at}|searched {q.at}], but {k.the} {k.was} not there.",
          "They looked {q.at} first. They looked [high and low|under every stone|behind every bush], but found [nothing|only an old shoe|only a rusty nail|only a snail shell].",
        );
        t.say(
          "Then they went {p.to}.",
          "So they went on {p.to}.",
          `"[Where did you go today|Where else were you]?" asked {${G}}. So they went {p.to}.`,
        );
        t.say(
          `[Suddenly|All at once|Just then], ${loss.clue}. ${loss.found}!`,
          `There, ${loss.clue}. They looked closer. [And look|And yes], ${loss.found}!`,
        );
        t.paragraph();
        t.say(
          `"[Here {k.it} {k.is}|There {k.it} {k.is}|I have {k.them}]!" {h} [shouted|cried|called] [happily|with joy].`,
          `{h} [laughed with joy|jumped up and down|was so happy that {h.he} danced] and [held {k.the} tight|hugged {${G}}].`,
        );
        t.maybe(
          0.6,
          `"Thank you, {${G}}," said {h}. "[Without you I would never have found {k.them}|You are a true friend|You have good eyes]."`,
        );
        t.maybe(
          0.5,
          loss.lost.includes("pocket")
            ? "At home, the hole in the pocket was sewn up at once."
            : loss.lost.includes("puppy")
              ? "Then they all played with the puppy, and it wagged its tail."
              : "From then on, {h} took better care of {k.the}.",
        );
      },
    };
  },
};
