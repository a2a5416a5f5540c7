/** @file Cuts where the script changes. Kana count as Han, as in SentencePiece; a space belongs to what is around it.
 *  Spaces at the very beginning are dropped. */

import { sliceAligned } from "../text/aligned.js";
import type { PreTokenizer } from "./preTokenizer.js";

/** Scripts of Unicode; a character of none of these is without one. */
const SCRIPTS =
  "Latin Common Han Hangul Hiragana Katakana Cyrillic Arabic Greek Hebrew Devanagari Thai Inherited Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Coptic Cuneiform Cypriot Deseret Dogra Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic Grantha Gujarati Gunjala_Gondi Gurmukhi Hanifi_Rohingya Hanunoo Hatran Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Tibetan Tifinagh Tirhuta Ugaritic Vai Wancho Warang_Citi Yi Zanabazar_Square Chorasmian Dives_Akuru Elymaic Khitan_Small_Script Yezidi Cypro_Minoan Old_Uyghur Tangsa Toto Vithkuqi Kawi Nag_Mundari".split(
    " ",
  );

const ANY = -1;
const HAN = SCRIPTS.indexOf("Han");
const KANA = new Set([SCRIPTS.indexOf("Hiragana"), SCRIPTS.indexOf("Katakana")]);

export function unicodeScripts(): PreTokenizer {
  const scriptOf = createScripts();
  return (piece) => {
    const starts: number[] = [];
    let last: number | undefined;
    let at = 0;
    for (const character of piece.text) {
      const script = scriptOf(character);
      if (script !== ANY && last !== script) starts.push(at);
      if (script !== ANY) last = script;
      at += character.length;
    }
    starts.push(at);
    return starts.slice(1).map((end, i) => sliceAligned(piece, starts[i]!, end));
  };
}

function createScripts(): (character: string) => number {
  const tests = SCRIPTS.map((name) => new RegExp(`^\\p{Script=${name}}$`, "u"));
  const known = new Map<string, number>([
    [" ", ANY],
    ["ー", HAN],
  ]);
  return (character) => {
    let script = known.get(character);
    if (script === undefined) {
      const found = tests.findIndex((test) => test.test(character));
      script = KANA.has(found) ? HAN : found;
      known.set(character, script);
    }
    return script;
  };
}
