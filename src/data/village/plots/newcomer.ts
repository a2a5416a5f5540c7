/** @file Somebody new: shy and alone, then asked to join, then needed for something that only the newcomer can do. */

import { frameVars, introduce, ONE_DAY, weather } from "../frame.js";
import type { Plot } from "../plot.js";

const TALENTS = [
  {
    thing: "star",
    can: "knew the names of all the stars",
    needed: "the friends lost their way home in the dark",
    saves: "{f} looked up, found the north star and led them home",
  },
  {
    thing: "owl",
    can: "could imitate every bird",
    needed: "a young owl fell asleep in the wrong tree and did not want to come down to its mother",
    saves: "{f} called just like its mother, and the little owl came at once",
  },
  {
    thing: "rope",
    can: "could tie every kind of knot",
    needed: "the rope of the swing broke",
    saves: "{f} tied it with a knot that held better than before",
  },
  {
    thing: "stories",
    can: "could make wonderful stories out of nothing",
    needed: "it rained for three days and everyone was bored",
    saves: "{f} told stories about flying whales until the sun came back",
  },
  {
    thing: "cart",
    can: "could run faster than the wind",
    needed: "the miller's cart rolled down the hill with a baby in it",
    saves: "{f} ran after it and caught it just before the river",
  },
  {
    seasons: "summer autumn",
    thing: "berries",
    can: "knew which berries one could eat",
    needed: "they got hungry far away from home",
    saves: "{f} showed them where the sweet ones grew",
  },
  {
    thing: "kitten",
    can: "could hear the softest sounds",
    needed: "a kitten got lost in the barn",
    saves: '{f} laid {f.his} ear on the floor and said, "It is under here."',
  },
  {
    thing: "bridge",
    can: "could build almost anything out of wood",
    needed: "the little bridge over the stream broke",
    saves: "{f} built a new one out of three boards and some rope",
  },
] as const;

export const newcomer: Plot = {
  kind: "new friend",
  scene(w) {
    const friend = { ...w.friend, intro: w.friend.name }; // a stranger as yet
    const s = w.draw(TALENTS);
    const p = w.place();
    const from = w.pick([
      "from the mountains",
      "from the other side of the sea",
      "from a big town",
      "from the far north",
      "from an island",
    ]);
    const vars = { ...frameVars(w), f: friend, p, from };
    const saves = s.saves.endsWith('"') ? s.saves : `${s.saves}.`;
    return {
      title: "The New Friend",
      thing: s.thing,
      place: p.name,
      vars,
      facts: [
        { who: friend, did: "was new in the village and came {from}" },
        { who: w.hero, did: "asked {f} to play {p.at}", because: "{f} was alone" },
        { who: friend, did: "saved the day", because: s.needed },
      ],
      cause: "{f} was new and had no friends",
      ending: { feeling: "happy", how: "{f} belonged to them" },
      morals: [
        "every stranger can become a friend",
        "a kind word opens every door",
        "everybody can do something special",
        "it costs nothing to be friendly",
      ],
      tell(t) {
        introduce(t);
        t.paragraph();
        t.say(
          `${ONE_DAY}, {f.a} named {f} moved to the village.`,
          `${ONE_DAY}, a wagon stopped in the village, and {f.a} got out. It was {f}, who came {from}.`,
        );
        weather(t, w);
        t.say(
          `{f} was shy and [spoke to nobody|looked only at the ground]. The others were playing {p.at} and [only stared at {f.him}|did not ask {f.him} to join].`,
          `The others played {p.at}, but {f} stood [under a tree|by the fence|far away] and [only watched|did not dare to come closer].`,
        );
        t.say(
          `{h} [saw it|noticed that]. "[It is not nice to be alone|Nobody should be alone]," {h.he} thought.`,
          "{h} knew how it felt to be alone.",
        );
        t.say(
          `So {h.he} [walked up to|went over to] {f} and said, "[Hello, I am {h}|My name is {h}]. Do you want to play with us?" {f} [blushed|was surprised] and nodded.`,
          `"Come and join us!" called {h}, and waved. {f} [took a deep breath|hesitated a moment] and came.`,
        );
        t.paragraph();
        t.say(
          `[Soon|Bit by bit], {f} began to talk, and it turned out that {f.he} ${s.can}. "[Really|Is that true]?" the others asked[ in wonder|].`,
          `"[What can you do|What do you like to do]?" asked {h}. {f} [thought for a while|smiled shyly]. It turned out that {f.he} ${s.can}.`,
        );
        t.say(
          "[At first|In the beginning], the others did not [care much about it|believe it].",
          "The others thought that this was of no use.",
          "That was something no one else in the village could do.",
        );
        t.say(
          `But [a few days later|soon], ${s.needed}. Nobody knew what to do, until they thought of {f}.`,
          `Then something happened: ${s.needed}. "[{f} can help us|Let us ask {f}]!" cried {h}.`,
        );
        t.say(`And so it was: ${saves}`, saves);
        t.paragraph();
        t.say(
          `"[Hurrah for {f}|Three cheers for {f}]!" [they all shouted|everyone cried].`,
          `[Everyone clapped|They all cheered], and {f} turned [red|pink] with joy.`,
        );
        t.say(
          `From then on, {f} was [never alone again|one of them]. And {h} had [found a friend for life|a new best friend].`,
          `"I am glad that you [asked me|spoke to me]," said {f}. "[I am glad too|So am I]," said {h}.`,
        );
      },
    };
  },
};
