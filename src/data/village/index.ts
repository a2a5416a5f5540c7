/** @file The village: a corpus of stories that needs no download. */

export {
  generateStories,
  type StoriesOptions,
  type Story,
  type StoryEvent,
  type StoryRecord,
  storyAt,
  VILLAGE_VERSION,
} from "./stories.js";
export { villageKey, type WriteVillageOptions, writeVillage } from "./writeVillage.js";
