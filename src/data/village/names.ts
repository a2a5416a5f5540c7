/** @file Who lives in the village: names, animals and their homes, trades. */

export const GIRLS =
  "Ada Amy Anna Bella Beth Cara Clara Dora Ella Elsa Emma Esme Eva Fay Flora Freya Gwen Hanna Hazel Ida Ines Iris Ivy Jana Jenny Julia Kate Kira Lara Lena Lily Lina Lola Lucy Maja Mara Maya Mia Mila Mina Molly Nadia Nina Nora Olga Pia Rita Rosa Ruby Sara Selma Sofia Stella Tara Tess Tilda Vera Willa Yara Zoe".split(
    " ",
  );
export const BOYS =
  "Adam Alfie Anton Arlo Ben Boris Carl Cedric Daniel David Eli Emil Enzo Felix Finn Fred Gabriel George Gus Hannes Harry Hugo Ian Isaac Ivan Jack Jakob Jim Jonas Karim Kofi Leo Liam Louis Lukas Marco Martin Matteo Max Milo Nico Nils Noah Omar Oscar Otto Paul Peter Philip Ravi Sam Samuel Simon Theo Tim Tom Victor Walter Yusuf".split(
    " ",
  );
export const ANIMAL_GIRLS =
  "Bibi Bramble Clover Dotty Fern Fluff Hattie Juniper Lulu Mimi Minna Mopsy Myrtle Nutmeg Penny Pippa Posy Tansy Tilly Trixie Tuppence Twinkle Wanda Winnie".split(
    " ",
  );
export const ANIMAL_BOYS =
  "Barnaby Basil Biscuit Bobbin Bruno Bumble Buster Digby Fitz Huckle Jasper Monty Mungo Nibbles Patch Pip Rufus Rusty Scamp Scout Tumble Toby Waffles Whiskers".split(
    " ",
  );

/** [animal, where it lives, what its body is called when it is brave enough to use it, small enough to be carried]. */
export const ANIMALS: readonly { kind: string; home: string; moves: string; part: string }[] = [
  { kind: "rabbit", home: "in a warm burrow under the hill", moves: "hopped", part: "ears" },
  { kind: "fox", home: "in a den between the roots of an oak", moves: "trotted", part: "tail" },
  { kind: "bear", home: "in a cave behind the waterfall", moves: "padded", part: "paws" },
  { kind: "mouse", home: "in a hole behind the bakery", moves: "scurried", part: "whiskers" },
  { kind: "hedgehog", home: "under the old hedge", moves: "shuffled", part: "nose" },
  { kind: "squirrel", home: "in a hollow tree", moves: "scampered", part: "tail" },
  { kind: "duck", home: "among the reeds of the pond", moves: "waddled", part: "wings" },
  { kind: "frog", home: "under a broad leaf by the pond", moves: "hopped", part: "legs" },
  { kind: "cat", home: "in the attic of the mill", moves: "crept", part: "whiskers" },
  { kind: "dog", home: "in a kennel next to the barn", moves: "trotted", part: "tail" },
  { kind: "goat", home: "in a shed above the village", moves: "skipped", part: "beard" },
  { kind: "pony", home: "in the stable at the end of the lane", moves: "trotted", part: "mane" },
  { kind: "mole", home: "in a tunnel below the garden", moves: "shuffled", part: "nose" },
  { kind: "badger", home: "in a tidy den at the edge of the forest", moves: "marched", part: "paws" },
  { kind: "beaver", home: "in a lodge of sticks on the river", moves: "paddled", part: "tail" },
  { kind: "otter", home: "in a hollow of the river bank", moves: "slid", part: "paws" },
  { kind: "lamb", home: "in the fold on the green hill", moves: "skipped", part: "ears" },
  { kind: "turtle", home: "on a flat stone by the pond", moves: "crawled", part: "shell" },
  { kind: "donkey", home: "in a field beside the mill", moves: "trotted", part: "ears" },
  { kind: "goose", home: "in the farmyard", moves: "waddled", part: "wings" },
];

/** Old animals whom the young ones ask. */
export const WISE: readonly { name: string; kind: string; female: boolean }[] = [
  { name: "Grandmother Owl", kind: "owl", female: true },
  { name: "Old Badger", kind: "badger", female: false },
  { name: "Aunt Hare", kind: "hare", female: true },
  { name: "Uncle Toad", kind: "toad", female: false },
  { name: "Mother Goose", kind: "goose", female: true },
  { name: "Grandfather Raven", kind: "raven", female: false },
  { name: "Aunt Heron", kind: "heron", female: true },
  { name: "Old Stag", kind: "stag", female: false },
];

export const KIN: readonly { name: string; kind: string; female: boolean }[] = [
  { name: "Mom", kind: "mother", female: true },
  { name: "Dad", kind: "father", female: false },
  { name: "Grandma", kind: "grandmother", female: true },
  { name: "Grandpa", kind: "grandfather", female: false },
  { name: "Aunt Olive", kind: "aunt", female: true },
  { name: "Uncle Ned", kind: "uncle", female: false },
];

/** Grown-ups with a trade; names that no child here has. */
export const TRADES: readonly { kind: string; tool: string }[] = [
  { kind: "baker", tool: "a tray of warm rolls" },
  { kind: "farmer", tool: "a fork full of hay" },
  { kind: "teacher", tool: "a pile of papers" },
  { kind: "carpenter", tool: "a hammer" },
  { kind: "tailor", tool: "a needle" },
  { kind: "gardener", tool: "a rake" },
  { kind: "miller", tool: "a sack of flour" },
  { kind: "shepherd", tool: "a long staff" },
  { kind: "sailor", tool: "a thick rope" },
  { kind: "doctor", tool: "a black bag" },
  { kind: "painter", tool: "a brush" },
  { kind: "beekeeper", tool: "a jar of honey" },
  { kind: "fisher", tool: "a net" },
  { kind: "shopkeeper", tool: "a broom" },
  { kind: "potter", tool: "a lump of clay" },
];
export const WOMEN =
  "Agnes Bertha Doris Edith Frieda Greta Hilda Irma Joan Martha Maud Nell Ruth Ursula".split(" ");
export const MEN =
  "Albert Arthur Bernard Conrad Edgar Ernest Frank Gilbert Henry Herman Konrad Ralph Silas Wilfred".split(
    " ",
  );

export const TRAITS =
  "brave careful cheerful clever curious eager friendly gentle happy helpful honest kind lively merry neat patient playful polite proud quick quiet shy silly sleepy stubborn thoughtful".split(
    " ",
  );
