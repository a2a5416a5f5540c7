/** @file A fear overcome: someone is afraid of something, must face it for another's sake, and does so step by step. */

import { frameVars, introduce, ONE_DAY } from "../frame.js";
import { spotNamed } from "../places.js";
import type { Plot } from "../plot.js";

const FEARS = [
  {
    of: "the dark",
    thing: "dark",
    place: "the forest",
    why: "In the dark, every [coat|bush|shadow] looked like a monster",
    need: "{f} had not come home from the forest, and it was getting dark",
    task: "go into the dark forest and call for {f}",
    trick: "count {h.his} steps",
    step: "One step, two steps, three steps. Between the trees it was as black as ink.",
    deed: "There sat {f} with a sore foot, [shivering|waiting]. {h} helped {f.him} up, and together they walked home",
    after: "The dark was only the day with its eyes closed",
  },
  {
    seasons: "spring summer autumn",
    of: "thunder",
    thing: "thunder",
    place: "the barn",
    why: "When it thundered, {h.he} always hid under the [bed|blanket|table]",
    need: "a storm came up, and three little lambs were alone in the barn",
    task: "run through the storm to the lambs",
    trick: "sing louder than the thunder",
    step: "Boom, went the thunder. {h} sang louder.",
    deed: "The lambs [pressed|huddled] against {h.him}, and {h} sang to them until the storm was over",
    after: "Thunder was only a loud noise, and {h} could be loud too",
  },
  {
    seasons: "summer",
    of: "deep water",
    thing: "water",
    place: "the lake",
    why: "{h.he} never went in deeper than {h.his} [knees|toes]",
    need: "{f.s} little boat had drifted far out on the lake, and {f.he} had lost {f.his} paddle",
    task: "swim out with a rope",
    trick: "breathe slowly and look at the far shore",
    step: "The water came up to {h.his} belly, then to {h.his} chin.",
    deed: "{h} reached the boat, [tied the rope to it|pushed the rope into {f.s} hands] and brought it back to the shore",
    after: "The water had carried {h.him} like a big soft bed",
  },
  {
    seasons: "spring summer",
    of: "heights",
    thing: "ladder",
    place: "the orchard",
    why: "Even on a chair {h.he} felt dizzy",
    need: "a tiny bird had fallen from its nest in the orchard, and nobody else was small enough to climb up there",
    task: "carry the bird up the tall ladder",
    trick: "look up and never down",
    step: "One rung, and one more, and one more. {h.his} legs trembled.",
    deed: "{h} laid the little bird into its nest, and its mother sang a song of thanks",
    after: "From up there, one could see the whole village, and it was beautiful",
  },
  {
    of: "big dogs",
    thing: "dog",
    place: "the farm",
    why: "When a dog barked, {h.he} always ran away",
    need: "the big dog on the farm had a thorn in its paw and howled with pain, and no one else was near",
    task: "go up to it and help",
    trick: "speak softly and move slowly",
    step: "{h} came closer, one small step at a time. The dog growled a little.",
    deed: "{h} pulled the thorn out with one quick tug, and the dog licked {h.his} [ear|face]",
    after: "The dog had been just as afraid as {h}",
  },
  {
    of: "the old windmill",
    thing: "windmill",
    place: "the windmill",
    why: "Everybody said that a ghost lived there",
    need: "the kitten of {n} had run into the windmill and cried",
    task: "go inside and bring the kitten out",
    trick: "laugh at every strange noise",
    step: "The door squeaked. Something white moved in the corner. {h} laughed, though {h.his} voice shook.",
    deed: "The white thing was only a flour sack, and behind it sat the kitten. {h} carried it out into the open",
    after: "There was no ghost at all, only flour and mice",
  },
  {
    of: "speaking in front of others",
    thing: "song",
    place: "the school",
    why: "When people looked at {h.him}, {h.his} voice went away",
    need: "{f} lost {f.his} voice just before the big feast at the school, and somebody had to sing the song",
    task: "stand up and sing in front of the whole village",
    trick: "look only at one friendly face",
    step: "The room grew quiet. {h} looked at {f}, and {f} nodded.",
    deed: "{h} sang, first softly, then louder and louder, and at the end everyone [clapped|cheered]",
    after: "It was like singing to one friend, only many times over",
  },
  {
    seasons: "spring summer",
    of: "bees",
    thing: "honey",
    place: "the orchard",
    why: "When something buzzed, {h.he} ran into the house",
    need: "{e} was ill and needed honey for {e.his} throat",
    task: "fetch honey from the hives in the orchard",
    trick: "move as slowly as a snail",
    step: "Buzz, went the bees around {h.his} head. {h} moved like a snail.",
    deed: "The bees let {h.him} pass, and {h} came home with a jar of golden honey",
    after: "The bees were only busy, and they did not want to hurt anyone",
  },
  {
    of: "the old bridge",
    thing: "bridge",
    place: "the old bridge",
    why: "It creaked and swayed with every step",
    need: "{n} had broken a leg, and the doctor lived on the other side",
    task: "cross the bridge and fetch the doctor",
    trick: "hold on tight and hum a tune",
    step: "The boards creaked. The bridge swayed. {h} hummed.",
    deed: "{h} reached the other side, and soon the doctor came back with {h.him}",
    after: "The bridge was old, but it was strong",
  },
] as const;

export const fear: Plot = {
  kind: "fear overcome",
  evening: true,
  scene(w) {
    const f = w.draw(FEARS);
    const p = spotNamed(f.place);
    const helper = f.need.includes("{e} was ill") || (w.chance(0.5) && !/\{f/.test(f.need)) ? "f" : "e";
    const vars = { ...frameVars(w), p, fear: f.of, yourtrick: f.trick.replaceAll("{h.his}", "your") };
    return {
      title: "How {h} Was Brave",
      thing: f.thing,
      place: p.name,
      vars,
      facts: [
        { who: w.hero, did: "was afraid of {fear}" },
        { who: w.hero, did: `had to ${f.task}`, because: f.need },
        { who: helper === "f" ? w.friend : w.elder, did: `told {h} to ${f.trick}` },
        { who: w.hero, did: "was brave" },
      ],
      cause: f.need,
      ending: { feeling: "proud", how: "{h} was no longer afraid of {fear}" },
      morals: [
        "being brave means to be afraid and to go on",
        "a fear grows small when you walk up to it",
        "one can do more than one thinks",
        "courage comes step by step",
      ],
      tell(t) {
        introduce(t);
        t.say(
          "But there was one thing that {h.he} was afraid of, and that was {fear}.",
          "Only one thing frightened {h.him}: {fear}.",
          "{h} was not afraid of [spiders|the cold|loud geese], but {fear} made {h.him} [tremble|shiver].",
        );
        t.say(`${f.why}.`);
        t.maybe(
          0.4,
          "The others [laughed about it|teased {h.him} sometimes], and that [hurt|made it worse].",
          "{h} told nobody about it, because {h.he} was ashamed.",
        );
        const told = [
          `Some time ago, {${helper}} had told {h.him}, "[When you are afraid|If ever you are afraid], {yourtrick}."`,
          `{${helper}} knew about it and had once said, "[Everyone is afraid of something|You need not be ashamed]. When it happens, {yourtrick}."`,
        ];
        t.say(...told);
        t.paragraph();
        t.say(
          `${ONE_DAY}, it happened: ${f.need}.`,
          `${ONE_DAY}, [something bad happened|there was trouble]. ${f.need}.`,
          `Then [a day|an evening] came that {h} would [never|not] forget. ${f.need}.`,
        );
        t.say(
          `[Somebody|Someone] had to ${f.task}.`,
          `"[Somebody|Someone] must ${f.task}," [said|thought] {h}. But {h.his} [voice|heart] trembled.`,
          `There was no one else to help. {h} had to ${f.task}.`,
        );
        t.say(
          "{h} wanted to [turn around|run away|hide]. But then {h.he} [thought of|remembered] the [words|good advice]: {yourtrick}.",
          "For a [moment|while], {h} could not move. Then the [words|advice] came back: {yourtrick}.",
          "{h.he} took a deep breath and [did as {h.he} had been told|began to do what {h.he} had been told]: {yourtrick}.",
        );
        t.paragraph();
        t.say(f.step);
        t.say(
          `{h} [went on|did not stop|kept going]. ${f.deed}.`,
          `And {h.he} did not [turn back|give up]. ${f.deed}.`,
        );
        t.paragraph();
        t.say(
          `"[You did it|How brave you are|I am proud of you], {h}!" [said|cried|called] {f}.`,
          `When {e} heard of it, {e.he} said, "[That was brave|I am proud of you], {h}."`,
          `[Everybody|The whole village] [spoke|talked] about how brave {h} had been.`,
        );
        t.say(`{h} [smiled|thought about it]. ${f.after}.`, `${f.after}.`);
        t.maybe(
          0.5,
          "[A week later|The next time], {h} was still a little afraid, but {h.he} knew what to do.",
          "And the next time, it was [easier|much easier].",
        );
      },
    };
  },
};
