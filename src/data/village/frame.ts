/** @file How stories begin and end, whatever happens in between. */

import type { Scene } from "./plot.js";
import type { Teller } from "./tell.js";
import type { World } from "./world.js";

/** Variables that every plot has: h hero, f friend, e elder, n neighbor; season, time, weather, home, trait, … */
export function frameVars(w: World) {
  return {
    h: w.hero,
    f: w.friend,
    e: w.elder,
    n: w.neighbor,
    season: w.setting.season,
    time: w.setting.time,
    weather: w.setting.weather,
    home: w.home,
    moves: w.moves,
    trait: w.hero.traits[0]!,
    trait2: w.hero.traits[1]!,
    ftrait: w.friend.traits[0]!,
    ntrait: w.neighbor.traits[0]!,
    tool: w.tool,
    small: w.pick(["little", "little", "young", "small"]),
    likes: w.pick(LIKES),
  };
}

const LIKES = [
  "to sing",
  "to count the stars",
  "to ask questions",
  "to climb trees",
  "to draw pictures",
  "to tell stories",
  "to run",
  "to watch the clouds",
  "to pick flowers",
  "to collect smooth stones",
  "to dance in the rain",
  "to build little towers",
  "to listen to the birds",
  "to splash in puddles",
  "to help in the kitchen",
  "to play hide and seek",
  "to dig in the sand",
  "to make paper hats",
  "to hum old songs",
  "to visit the neighbors",
  "to eat ripe berries",
  "to jump over ditches",
  "to feed the birds",
  "to look at beetles",
  "to roll down hills",
  "to sleep in the sun",
  "to solve riddles",
];

/** Who the hero is. */
export function introduce(t: Teller): void {
  t.say(
    "[Once upon a time|Once|Long ago|One {season}], there [was|lived] a {small} {h.kind} named {h}.",
    "Once upon a time, {trait.a} {h.kind} named {h} lived {home}.",
    "{h} was {trait.a} {small} {h.kind} who lived {home}.",
    "In a [quiet|small|sunny|green] village [by the river|between two hills|near the sea|at the edge of the forest], there lived a {small} {h.kind} named {h}.",
    "{h}, a {small} {h.kind}, lived {home}.",
    "There was once {trait.a} {h.kind} [called|named|whose name was] {h}.",
    "Everybody in the village knew {h}, the {trait} {small} {h.kind}.",
    "{home}, there lived a {small} {h.kind} named {h}.",
  );
  t.maybe(
    0.75,
    "{h.~} was [very|always|so] {trait2} and [liked|loved] {likes}.",
    "{h.~} [liked|loved] {likes}.",
    "More than anything, {h.~} [liked|loved] {likes}.",
    "{h.~} was {trait2}, and everyone [knew it|could see it].",
    "There was nothing {h.~} liked better than {likes}.",
    "People said that no {h.kind} was as {trait2} as {h}.",
  );
}

/** A sentence that opens the day: "One windy autumn morning, " goes on in lower case. */
export const ONE_DAY =
  "[One day|One {weather} {time}|One {weather} {season} day|On {weather.a} {time} in {season}|One {season} {time}|One {time}]";

export function weather(t: Teller, w: World): void {
  const lines = SKIES[w.setting.weather];
  if (lines !== undefined) t.maybe(0.45, ...lines);
}

const SKIES: Record<string, readonly string[]> = {
  sunny: ["The sun shone [brightly|warmly] on the roofs.", "There was not a cloud in the sky."],
  windy: [
    "The wind blew the [leaves|clouds] about.",
    "The wind was in a [wild|merry] mood.",
    "The wind pulled at every [hat|door|branch].",
  ],
  rainy: [
    "Rain [drummed|tapped] on the roofs.",
    "Puddles lay [everywhere|all along the lane].",
    "[Gray|Heavy] drops fell from the sky.",
  ],
  mild: ["The air was soft and smelled of [earth|flowers].", "The first [violets|snowdrops] were out."],
  misty: [
    "Mist lay over the fields like a white [blanket|veil].",
    "The trees looked like gray ghosts in the mist.",
  ],
  bright: ["Everything [shone|sparkled] in the light.", "The sky was as blue as a [plum|bell flower]."],
  hot: [
    "It was so hot that even the [bees|flies] were resting.",
    "The stones were too hot to touch.",
    "The air shimmered above the road.",
  ],
  warm: ["Swallows [flew|darted] through the warm air.", "The grass was warm and dry."],
  stormy: [
    "Dark clouds [gathered|piled up] in the west.",
    "Far away, thunder rumbled.",
    "The air was heavy and still.",
  ],
  dry: ["It had not rained for [days|two weeks].", "The earth was dry and [cracked|dusty]."],
  foggy: [
    "The fog was so thick that the [church tower|hill] had vanished.",
    "Fog [hung|lay] between the houses.",
  ],
  cool: ["The air was cool and smelled of [smoke|apples].", "Wild geese flew south in a long line."],
  golden: [
    "The leaves were [red and gold|yellow and brown].",
    "Golden leaves [drifted|sailed] to the ground.",
  ],
  gray: ["The sky was as gray as a [mouse|stone].", "Low clouds hung over the village."],
  cold: ["It was so cold that every breath made a little cloud.", "Long icicles hung from the roofs."],
  snowy: [
    "Snow [covered|lay on] the whole village.",
    "Big white flakes [fell|floated] down.",
    "The snow crunched under every step.",
  ],
  frosty: ["Frost had painted flowers on the windows.", "Every twig wore a coat of [frost|ice]."],
  icy: ["The puddles were frozen [hard|solid].", "The path was as smooth as glass."],
  clear: ["The air was clear and [sharp|still].", "One could see as far as the blue mountains."],
};

/** How the story closes: the evening after, or what was learned, or both. */
export function close(t: Teller, scene: Scene, w: World): string | undefined {
  let moral: string | undefined;
  if (w.chance(0.45)) {
    moral = w.pick(scene.morals);
    t.say(
      `{h.~} had learned that ${moral}.`,
      `From that day on, {h.~} knew that ${moral}.`,
      `And {h.~} never forgot that ${moral}.`,
      `{h} said, "Now I know that ${moral}."`,
      `That day, {h.~} [learned|understood] that ${moral}.`,
    );
  }
  t.maybe(
    moral === undefined ? 0.85 : 0.35,
    "[That night|In the evening|When the moon came up], {h} [fell asleep|went to bed] with a smile.",
    "[That night|In bed], {h} thought about [the day|everything] and felt [warm|happy|glad] [inside|all over].",
    "When the stars came out, {h} was already fast asleep.",
    "It had been a [good|wonderful|long and lovely|very special] day.",
    "{h} and {f} talked about it for [a long time|many days|weeks].",
    "And [whenever|each time] {h} thought of it, {h.he} had to smile.",
    "There was [singing|laughing] in the house that night.",
    "The cat on the wall [yawned|purred], as if it had known all along.",
    "And that is [how it was|the end of the story].",
    "Outside, the first [lamps|lights] were lit, and {h} was [content|happy].",
    "To this day, they like to talk about it.",
    "{h} could hardly wait to tell [everyone|{e}|the whole village] about it.",
    "Then {h} [hurried|went|ran] home, for it was time for [supper|dinner|bed].",
    "And if you [come to|visit] the village, {h} will [gladly|surely] tell you all about it.",
    "The sun went down behind the hill, and the village grew quiet.",
  );
  return moral;
}
