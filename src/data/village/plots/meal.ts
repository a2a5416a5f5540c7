/** @file A meal cooked and shared: one ingredient is missing, a neighbour has it, and all eat together. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import { list, thing } from "../grammar.js";
import type { Plot } from "../plot.js";
import { DISHES } from "../things.js";

const REASONS = [
  "{e} was ill and needed something [warm|good]",
  "it was {e.s} birthday",
  "{f} was coming to visit",
  "the whole village was going to have a feast",
  "it was cold outside and everyone was hungry",
  "the harvest was over",
] as const;

export const meal: Plot = {
  kind: "meal shared",
  scene(w) {
    const d = w.pick(DISHES);
    const missing = w.pick(d.ingredients);
    const reason = w.draw(REASONS);
    const p = w.place((s) =>
      ["the market", "the farm", "the mill", "the bakery", "the orchard", "the garden"].includes(s.name),
    );
    const trade = w.pick([
      "{h} carried in the firewood",
      "{h} swept the yard",
      "{h} sang a song",
      "{h} fed the hens",
      "{h} told a funny story",
    ]);
    const vars = {
      ...frameVars(w),
      k: thing(d.name, "", d.number),
      missing,
      all: list(d.ingredients),
      p,
      smell: d.smell,
    };
    return {
      title: d.number === "one" ? "The {k} for Everyone" : "{h} Makes {k}",
      thing: d.name,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: "wanted to make {k.a}", because: reason },
        { who: w.hero, did: "had no {missing}" },
        { who: w.neighbor, did: "gave {h} some {missing}" },
        { who: w.hero, did: "made {k.a} with {f}" },
        { who: w.hero, did: "shared {k.the} with everyone" },
      ],
      cause: reason,
      ending: { feeling: "happy", how: "everyone ate {k.the} together" },
      morals: [
        "food tastes best when it is shared",
        "many hands make a meal",
        "where neighbors help, nobody goes hungry",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `${ONE_DAY}, {h} wanted to make {k.a}, for ${reason}.`,
          `${ONE_DAY}, {h} said, "I want to make {k.a}!" The reason was that ${reason}.`,
        );
        weather(t, w);
        t.say(
          `"[What do we need|What shall we put in]?" asked {f}. "{all}," said {h}.`,
          "{h.~} [looked in|opened] the [cupboard|kitchen cupboard] and put everything on the table. For {k.a} one needs {all}.",
        );
        t.say(
          `But they had no {missing}[ left| in the house|]!`,
          `Oh dear, they had no {missing}[ left| in the house|]!`,
        );
        t.paragraph();
        t.say(
          `"[I know who has some|Let us ask {n}]," said {f}. So they [went|ran] {p.to}, where {n} was [at work|just having a rest].`,
          `{h} took a [basket|bowl] and [went|ran] {p.to}. There {h.he} met {n}, who was carrying {tool}.`,
        );
        t.say(
          `"[Good day|Hello], {n}! [Could you give us|May we have] some {missing}?" asked {h}. "[Gladly|Of course], if you do something for me[ first| too|]," said {n}. So ${trade}, and {n} [filled the basket|gave {h.him} more than enough].`,
          `"I need some {missing} for {k.a}," said {h}. {n} [laughed|smiled]. "[Take as much as you like|Here you are], but keep a [bite|taste] for me!"`,
        );
        t.paragraph();
        t.say(
          "[Back home|Back in the kitchen], {h} and {f} [washed their hands|put on their aprons] and [began|set to work].",
        );
        t.say(
          `{h} ${d.make}, while {f} [set the table|kept the fire going|washed the bowls].`,
          `They took turns. {h} ${d.make}.`,
        );
        t.say("[Soon|Before long], the whole house smelled {smell}.", "Soon the whole lane smelled {smell}.");
        t.maybe(
          0.5,
          `{h} tasted it and [burned {h.his} tongue a little|licked {h.his} lips]. "[Perfect|Delicious|Just right]," {h.he} said.`,
          "{f} wanted to taste it at once, but {h} made {f.him} wait.",
        );
        t.paragraph();
        t.say(
          `{n} came, and [the neighbors|two more friends|everyone from the lane] came too, for the smell had [called|led] them. "[There is enough for all|Sit down, all of you]," said {h}.`,
          "{h} carried {k.the} to the table, and everybody [cheered|clapped]. There was enough for {n} as well.",
        );
        t.say(
          `{e} took a [big|second] helping and said, "[I have never eaten anything so good|This is the best meal of the year|You are a real cook, {h}]."`,
          "They ate until [the last crumb was gone|nobody could eat any more|every plate was clean].",
        );
      },
    };
  },
};
