/** @file Things of the village: what they are made of, what one does with them, how they break and are mended. */

export interface Treasure {
  readonly noun: string;
  readonly number: "one" | "many";
  readonly looks: readonly string[];
  /** What its owner did with it, past; and the bare verb phrase. */
  readonly used: string;
  readonly use: string;
  /** How it breaks, a clause in the past; and what mends it. */
  readonly breaks: readonly string[];
  readonly mend: string;
}

const treasure = (
  noun: string,
  looks: string,
  used: string,
  use: string,
  breaks: string,
  mend: string,
): Treasure => ({
  noun: noun.replace(/^\+/, ""),
  number: noun.startsWith("+") ? "many" : "one",
  looks: looks.split(" "),
  used,
  use,
  breaks: breaks.split("; "),
  mend,
});

export const TREASURES: readonly Treasure[] = [
  treasure(
    "kite",
    "red blue striped paper",
    "flew it high in the wind",
    "fly it",
    "the string snapped; the paper tore; the thin stick broke in two",
    "tape and a new stick",
  ),
  treasure(
    "ball",
    "red bouncy spotted rubber",
    "bounced it all day",
    "play with it",
    "it lost all its air; it burst on a thorn; it got a small hole",
    "a rubber patch",
  ),
  treasure(
    "hat",
    "straw green pointed woolen",
    "wore it everywhere",
    "wear it",
    "the brim tore; a big hole appeared in the top; the ribbon came off",
    "needle and thread",
  ),
  treasure(
    "scarf",
    "woolen striped soft purple",
    "wrapped it around like a hug",
    "wear it",
    "it caught on a nail and tore; a long thread came loose; one end came undone",
    "a knitting needle and some wool",
  ),
  treasure(
    "doll",
    "rag pretty wooden tiny",
    "took it to bed every night",
    "hold it",
    "one arm came off; the dress tore; its button eye fell off",
    "needle and thread",
  ),
  treasure(
    "boat",
    "toy little wooden white",
    "sailed it on every puddle",
    "sail it",
    "the mast broke; the sail tore; a crack opened in the side",
    "glue and a bit of cloth",
  ),
  treasure(
    "train",
    "toy wooden shiny green",
    "pushed it along the floor for hours",
    "play with it",
    "a wheel came off; the hook between the wagons broke; the chimney fell off",
    "a tiny nail",
  ),
  treasure(
    "whistle",
    "tin silver wooden clay",
    "blew it to call the birds",
    "blow it",
    "it cracked; a piece broke off; it got bent and made no sound",
    "a drop of glue",
  ),
  treasure(
    "drum",
    "round tin painted loud",
    "beat it like a real soldier",
    "beat it",
    "the skin ripped; one stick snapped; the rim came off",
    "strong string and a patch of leather",
  ),
  treasure(
    "lantern",
    "paper brass round yellow",
    "lit it every evening",
    "light it",
    "the glass cracked; the handle came off; the little door fell out",
    "a piece of wire",
  ),
  treasure(
    "basket",
    "woven round brown big",
    "carried eggs and apples in it",
    "carry it",
    "the handle tore off; the bottom fell out; it cracked on one side",
    "a strong willow twig",
  ),
  treasure(
    "umbrella",
    "yellow spotted green huge",
    "hoped for rain just to open it",
    "open it",
    "a gust turned it inside out; one rib bent; the handle broke",
    "wire and a bit of tape",
  ),
  treasure(
    "flute",
    "wooden silver bamboo short",
    "played a merry tune on it",
    "play it",
    "it split along the side; the end came off; a crack ran down the middle",
    "wax and thread",
  ),
  treasure(
    "puppet",
    "funny wooden painted floppy",
    "made it dance and bow",
    "make it dance",
    "its strings got torn; one leg came off; its nose fell off",
    "string and glue",
  ),
  treasure(
    "music box",
    "small carved golden pink",
    "listened to its song before bed",
    "listen to it",
    "the lid broke off; the key got stuck; a spring jumped out",
    "a drop of oil and a tiny screw",
  ),
  treasure(
    "locket",
    "gold heart-shaped little silver",
    "wore it around the neck",
    "wear it",
    "the chain broke; the clasp bent; the lid came off",
    "a new ring for the chain",
  ),
  treasure(
    "backpack",
    "blue canvas red heavy",
    "packed it for every trip",
    "carry it",
    "the strap tore; a seam burst; the buckle snapped",
    "thick thread",
  ),
  treasure(
    "teddy bear",
    "brown fluffy old soft",
    "told it every secret",
    "hug it",
    "an ear came off; its tummy split open; one eye fell off",
    "needle and thread",
  ),
  treasure(
    "blanket",
    "warm patchwork soft checked",
    "slept under it each night",
    "sleep under it",
    "it ripped down the middle; a corner tore; it caught on a nail",
    "needle and thread",
  ),
  treasure(
    "spinning top",
    "striped wooden shiny humming",
    "made it spin and hum",
    "spin it",
    "its tip broke; it cracked; the string tore",
    "glue and a new peg",
  ),
  treasure(
    "wagon",
    "red wooden little green",
    "pulled it up and down the lane",
    "pull it",
    "a wheel fell off; the handle broke; one board cracked",
    "a hammer and two nails",
  ),
  treasure(
    "sled",
    "wooden fast long blue",
    "raced down every hill on it",
    "ride it",
    "a runner cracked; the rope tore; the seat split",
    "a hammer and some nails",
  ),
  treasure(
    "book",
    "thick picture green old",
    "read it over and over",
    "read it",
    "three pages fell out; the cover came off; a page tore",
    "paste and paper",
  ),
  treasure(
    "map",
    "old treasure folded yellow",
    "studied it by candlelight",
    "read it",
    "it tore in half; one corner ripped off; it came apart at the fold",
    "paper and paste",
  ),
  treasure(
    "compass",
    "brass round tiny old",
    "always knew which way was north",
    "look at it",
    "the glass cracked; the needle got stuck; the lid came off",
    "a tiny screw",
  ),
  treasure(
    "clock",
    "little wooden ticking round",
    "wound it up every evening",
    "wind it",
    "it stopped ticking; one hand fell off; a wheel inside broke",
    "a drop of oil and a small screw",
  ),
  treasure(
    "+mittens",
    "woolen red warm knitted",
    "wore them all winter",
    "wear them",
    "one thumb got a hole; a long thread came loose; one cuff tore",
    "a little wool",
  ),
  treasure(
    "+boots",
    "rubber yellow tall brown",
    "splashed through puddles in them",
    "wear them",
    "one sole came off; a hole let the water in; one heel broke",
    "strong glue",
  ),
  treasure(
    "+skates",
    "white old steel shiny",
    "slid over the ice in them",
    "skate in them",
    "one strap tore; a blade came loose; a buckle broke",
    "a new strap",
  ),
  treasure(
    "+glasses",
    "round funny thin blue",
    "saw every leaf on the trees through them",
    "wear them",
    "one side broke off; a tiny screw fell out; the frame bent",
    "a tiny screw",
  ),
  treasure(
    "ring",
    "silver tiny copper shiny",
    "turned it around and around",
    "wear it",
    "its stone fell out; it got bent; it broke open",
    "a drop of glue",
  ),
  treasure(
    "bell",
    "brass little silver round",
    "rang it every morning",
    "ring it",
    "the clapper fell out; the handle broke; it cracked",
    "a piece of wire",
  ),
  treasure(
    "pencil box",
    "tin flat painted wooden",
    "kept six pencils in it",
    "open it",
    "the lid broke off; the hinge snapped; one side cracked",
    "two tiny nails",
  ),
  treasure(
    "birdhouse",
    "wooden painted tiny square",
    "watched the birds move in",
    "hang it up",
    "the roof fell off; the floor came loose; one wall split",
    "a hammer and some nails",
  ),
  treasure(
    "jar of marbles",
    "big glass round full",
    "counted them every evening",
    "play with them",
    "the lid broke; the glass cracked; the bottom fell out",
    "a new lid",
  ),
  treasure(
    "watering can",
    "green tin old big",
    "watered the roses with it",
    "carry it",
    "the spout came off; it began to leak; the handle broke",
    "a bit of tar",
  ),
];

/** Treasures for a season: no sled in summer. */
export function treasures(season: string): readonly Treasure[] {
  return season === "winter" ? WINTER : REST;
}
const COLD = ["sled", "skates", "mittens"];
const WINTER = TREASURES.filter((t) => t.noun !== "watering can");
const REST = TREASURES.filter((t) => !COLD.includes(t.noun));

export interface Dish {
  readonly name: string;
  readonly number: "one" | "many" | "mass";
  readonly ingredients: readonly string[];
  readonly make: string;
  readonly smell: string;
}

const dish = (
  name: string,
  number: Dish["number"],
  ingredients: string,
  make: string,
  smell: string,
): Dish => ({ name, number, ingredients: ingredients.split(", "), make, smell });

export const DISHES: readonly Dish[] = [
  dish(
    "carrot soup",
    "mass",
    "carrots, onions, butter, salt",
    "stirred the big pot until the carrots were soft",
    "sweet and warm",
  ),
  dish(
    "potato soup",
    "mass",
    "potatoes, leeks, cream, pepper",
    "stirred the pot until it bubbled",
    "of leeks and cream",
  ),
  dish(
    "apple pie",
    "one",
    "apples, flour, butter, cinnamon",
    "rolled out the dough and laid the apples in a ring",
    "of cinnamon",
  ),
  dish(
    "plum cake",
    "one",
    "plums, eggs, flour, sugar",
    "pushed the plums into the dough one by one",
    "of hot plums",
  ),
  dish(
    "bread",
    "mass",
    "flour, yeast, salt, milk",
    "pressed and folded the dough until it was smooth",
    "of fresh crust",
  ),
  dish(
    "pancakes",
    "many",
    "eggs, milk, flour, butter",
    "turned each pancake with a quick flip",
    "of melted butter",
  ),
  dish(
    "berry jam",
    "mass",
    "berries, sugar, lemons",
    "stirred the dark red berries until they thickened",
    "of summer",
  ),
  dish(
    "vegetable stew",
    "mass",
    "beans, turnips, carrots, parsley",
    "cut everything into small cubes and let it simmer",
    "rich and good",
  ),
  dish(
    "porridge",
    "mass",
    "oats, milk, honey, raisins",
    "stirred slowly so that nothing burned",
    "of milk and honey",
  ),
  dish("honey cookies", "many", "honey, nuts, flour, ginger", "cut the dough into little stars", "of ginger"),
  dish(
    "blueberry muffins",
    "many",
    "blueberries, eggs, flour, sugar",
    "filled the little cups one after another",
    "of blueberries",
  ),
  dish(
    "cheese dumplings",
    "many",
    "cheese, flour, eggs, chives",
    "rolled the dough into small balls",
    "of cheese and chives",
  ),
  dish(
    "nut bread",
    "mass",
    "nuts, flour, yeast, honey",
    "mixed the nuts into the dough with both hands",
    "of roasted nuts",
  ),
  dish(
    "pumpkin soup",
    "mass",
    "pumpkin, cream, onions, nutmeg",
    "mashed the pumpkin until it was as smooth as silk",
    "of nutmeg",
  ),
  dish(
    "cherry tart",
    "one",
    "cherries, flour, eggs, butter",
    "pressed the dough into a round tin",
    "of hot cherries",
  ),
  dish(
    "rice pudding",
    "mass",
    "rice, milk, sugar, vanilla",
    "stirred and stirred so that it would not stick",
    "of vanilla",
  ),
];

export interface Plant {
  readonly noun: string;
  readonly seed: string;
  readonly number: "one" | "many";
  /** What comes of it. */
  readonly harvest: string;
}

const plant = (noun: string, seed: string, harvest: string, number: Plant["number"] = "one"): Plant => ({
  noun,
  seed,
  harvest,
  number,
});

export const PLANTS: readonly Plant[] = [
  plant("sunflower", "a striped seed", "it turned its golden face to the sun"),
  plant("pumpkin plant", "a flat white seed", "a pumpkin as round as a wheel lay among the leaves"),
  plant("bean plant", "a speckled bean", "long green beans hung down in bunches"),
  plant("tomato plant", "a tiny yellow seed", "fat red tomatoes shone between the leaves"),
  plant("strawberry plant", "a small brown root", "the first strawberries blushed under the leaves"),
  plant("rose bush", "a thorny little twig", "a dark red rose opened its petals"),
  plant("tulip", "a round brown bulb", "it opened like a little red cup"),
  plant("melon plant", "a smooth black seed", "a melon lay in the straw, heavy and sweet"),
  plant("pea plant", "a wrinkled pea", "every pod was full of sweet green peas"),
  plant("corn stalk", "a yellow grain", "golden corn peeped out of its husk"),
  plant("cherry tree", "a smooth stone", "a handful of cherries hung in the branches"),
  plant("lavender bush", "a gray seed", "purple flowers filled the air with their smell"),
  plant("cabbage", "a tiny round seed", "it was as big as a pillow"),
  plant("apple tree", "a shiny brown seed", "three red apples hung in the branches"),
];
