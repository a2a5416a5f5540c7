/** @file The village's places, what is seen there, and which lie next to which. */

import type { Place } from "./grammar.js";

export interface Spot extends Place {
  readonly outdoors: boolean;
  /** Places for small things to hide. */
  readonly corners: readonly string[];
  /** What one sees or hears there. */
  readonly sights: readonly string[];
  readonly near: readonly string[];
}

const spot = (
  name: string,
  at: string,
  corners: string,
  sights: string,
  near: string,
  outdoors = true,
): Spot => ({
  type: "place",
  name,
  at: `${at} ${name}`,
  to: `to ${name}`,
  corners: corners.split("; "),
  sights: sights.split("; "),
  near: near.split("; "),
  outdoors,
});

export const SPOTS: readonly Spot[] = [
  spot(
    "the river",
    "by",
    "under the bridge; between two smooth stones; in the long grass",
    "The water ran fast and sang over the stones; A blue dragonfly flew low over the water; Small silver fish swam in the shallow water",
    "the old bridge; the mill; the meadow",
  ),
  spot(
    "the old bridge",
    "at",
    "behind a wooden post; between two planks; under the bridge",
    "The boards creaked under every step; The river gurgled far below",
    "the river; the forest; the market",
  ),
  spot(
    "the meadow",
    "in",
    "among the tall daisies; under a clover leaf; beside a mole hill",
    "Yellow butterflies danced above the flowers; The grass was full of daisies; A lark sang high in the sky",
    "the river; the farm; the hill",
  ),
  spot(
    "the forest",
    "in",
    "under a heap of dry leaves; between the roots of an oak; behind a mossy log",
    "The tall trees whispered to each other; It smelled of moss and pine; A woodpecker knocked on a trunk",
    "the hill; the old bridge; the pond",
  ),
  spot(
    "the pond",
    "at",
    "among the reeds; under a lily leaf; beside a flat stone",
    "Frogs were croaking in the reeds; Round lily leaves floated on the water; The pond was as smooth as glass",
    "the forest; the garden; the farm",
  ),
  spot(
    "the hill",
    "on",
    "behind a big rock; under a thorn bush; in a rabbit hole",
    "From the top the houses looked as small as toys; The wind was always strong up there; Sheep were eating grass all around",
    "the meadow; the forest; the windmill",
  ),
  spot(
    "the windmill",
    "at",
    "behind the big wheel; beside the flour sacks; under the stairs",
    "The great sails turned slowly; White flour dust lay on everything",
    "the hill; the farm; the meadow",
  ),
  spot(
    "the mill",
    "at",
    "behind the big wheel; beside the flour sacks; under the stairs",
    "The wheel splashed round and round; White flour dust lay on everything",
    "the river; the market; the bakery",
  ),
  spot(
    "the farm",
    "on",
    "under the hay; behind the bucket; beside the water trough",
    "Hens scratched in the yard; Two cows looked over the fence; A pink pig was rolling in the mud",
    "the meadow; the pond; the barn",
  ),
  spot(
    "the barn",
    "in",
    "under the straw; behind a ladder; in an empty bucket",
    "Dust danced in the stripes of light; It smelled of hay and apples; Swallows had a nest under the roof",
    "the farm; the orchard; the meadow",
    false,
  ),
  spot(
    "the orchard",
    "in",
    "between the roots of a pear tree; inside an empty basket; under a ladder",
    "Bees hummed from tree to tree; The branches hung low; A thrush was singing in a cherry tree",
    "the barn; the garden; the school",
  ),
  spot(
    "the garden",
    "in",
    "behind the watering can; under a cabbage; among the bean poles",
    "Snails sat on the wet stones; A robin hopped along the fence; The peas were climbing up their sticks",
    "the orchard; the pond; the school",
  ),
  spot(
    "the market",
    "at",
    "under a table; behind a barrel; between two baskets",
    "There were red apples, yellow cheese and fresh bread to buy; People called and laughed everywhere; A man was playing the fiddle",
    "the mill; the bakery; the square",
  ),
  spot(
    "the square",
    "in",
    "behind the fountain; under a bench; beside the lamp post",
    "The fountain splashed in the middle; Pigeons walked about looking for crumbs; The big clock struck the hour",
    "the market; the school; the library",
  ),
  spot(
    "the bakery",
    "in",
    "behind the flour bin; under the counter; beside the warm oven",
    "It smelled of cinnamon and warm bread; Golden rolls lay in rows on the shelf",
    "the market; the mill; the square",
    false,
  ),
  spot(
    "the school",
    "at",
    "under a desk; behind the map; next to the coat hooks",
    "Paper stars hung in the windows; The bell rang twice",
    "the square; the garden; the library",
    false,
  ),
  spot(
    "the library",
    "in",
    "between two thick books; under the reading chair; behind the globe",
    "It was so quiet that one could hear the clock; Books stood on shelves up to the ceiling",
    "the school; the square; the park",
    false,
  ),
  spot(
    "the park",
    "in",
    "under a bench; behind the swings; inside a hollow tree",
    "Leaves rustled over the path; The swings moved gently in the wind; A squirrel ran along the wall",
    "the library; the square; the lake",
  ),
  spot(
    "the lake",
    "at",
    "beside an upturned boat; under the jetty; behind the reeds",
    "Little waves slapped against the jetty; Two swans swam side by side; The far shore was hidden in mist",
    "the park; the beach; the forest",
  ),
  spot(
    "the beach",
    "on",
    "under a piece of driftwood; between two rocks; beside a heap of seaweed",
    "Gulls cried above the waves; The sand was warm and full of shells; Far out a white sail moved",
    "the lake; the harbor; the hill",
  ),
  spot(
    "the harbor",
    "at",
    "behind a coil of rope; under a net; inside an empty crate",
    "Boats rocked on the green water; It smelled of salt and tar; A sailor was mending a net",
    "the beach; the market; the square",
  ),
  spot(
    "the station",
    "at",
    "under the bench; behind a trunk; beside the clock",
    "A train puffed and hissed; People waved from the windows",
    "the square; the market; the park",
  ),
];

export function spotNamed(name: string): Spot {
  return SPOTS.find((s) => s.name === name)!;
}
