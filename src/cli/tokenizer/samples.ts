/** @file Texts to compare tokenizers by where the user gives none: stories of the village, and short texts of our own in
 *  other languages and in code. Small: a first impression, not a measurement. */

import { generateStories } from "../../data/index.js";

export interface Sample {
  readonly kind: string;
  readonly texts: readonly string[];
}

export function builtInSamples(): Sample[] {
  return [
    { kind: "English", texts: [...generateStories({ seed: 7, count: 20 })].map(({ text }) => text) },
    { kind: "code", texts: CODE },
    { kind: "Chinese", texts: CHINESE },
    { kind: "German", texts: GERMAN },
    { kind: "Russian", texts: RUSSIAN },
    { kind: "numbers", texts: NUMBERS },
  ];
}

const CODE = [
  `def moving_average(values, width):
    """Mean of the last \`width\` values, one for each value."""
    total = 0.0
    window = []
    for value in values:
        window.append(value)
        total += value
        if len(window) > width:
            total -= window.pop(0)
        yield total / len(window)


class Counter:
    def __init__(self, start=0):
        self.count = start

    def __call__(self, *args, **kwargs):
        self.count += 1
        return self.count
`,
  `export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
`,
  `#include <stdint.h>

static uint32_t fnv1a(const uint8_t *bytes, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) {
    hash ^= bytes[i];
    hash *= 16777619u;
  }
  return hash;
}
`,
  `SELECT customer.name, SUM(item.price * item.amount) AS total
  FROM customer JOIN purchase ON purchase.customer_id = customer.id
  JOIN item ON item.purchase_id = purchase.id
 WHERE purchase.day >= '2024-01-01'
 GROUP BY customer.name
HAVING SUM(item.price * item.amount) > 1000
 ORDER BY total DESC;
`,
];

const CHINESE = [
  `清晨，村子里的雾还没有散去，狐狸就已经出门了。它沿着小河走，想看看昨天晚上的大雨有没有把木桥冲坏。桥还在，可是有两块木板松了。狐狸回到村里，请兔子和刺猬来帮忙。兔子带来了钉子，刺猬带来了锤子。他们一起干了一个上午，桥又结实了。中午的时候，大家坐在河边吃面包，喝热茶，说说笑笑，觉得这一天过得很好。`,
  `学习一门新的语言需要耐心。开始的时候，每个字看起来都很陌生，听别人说话也跟不上。不过，只要每天读一点，写一点，说一点，几个月以后就会发现自己进步了很多。最重要的是不要害怕犯错误，因为每一个错误都会让你记得更牢。`,
];

const GERMAN = [
  `Am frühen Morgen, als der Nebel noch über den Wiesen lag, ging der Fuchs schon aus dem Haus. Er folgte dem Bach, um nachzusehen, ob der Regen der letzten Nacht die Holzbrücke beschädigt hatte. Zwei Bretter waren locker. Also holte er den Hasen und den Igel zu Hilfe; gemeinsam arbeiteten sie den ganzen Vormittag, bis die Brücke wieder fest stand. Danach saßen sie am Ufer, aßen Brot mit Käse und erzählten einander Geschichten aus der Kindheit.`,
];

const RUSSIAN = [
  `Рано утром, когда над лугами ещё лежал туман, лиса уже вышла из дома. Она пошла вдоль ручья, чтобы посмотреть, не сломал ли ночной дождь деревянный мост. Две доски расшатались. Тогда она позвала на помощь зайца и ежа, и вместе они работали до полудня, пока мост снова не стал крепким. Потом они сидели на берегу, ели хлеб с сыром и рассказывали друг другу истории.`,
];

const NUMBERS = [
  `3.14159265358979, 2.718281828459045, 1.4142135623730951
2024-03-17T09:26:53Z 192.168.178.24 HTTP/1.1 200 18734
{"id": 100482, "price": 1299.95, "tax": 0.19, "counts": [12, 7, 0, 3501]}
17 × 23 = 391; 1024 / 16 = 64; 2^32 = 4294967296
`,
];
