/** Numbers and times in the reader's language and the area's time zone; never "NaN" or "undefined". */
export type Language = "en" | "nl";

/** What stands where nothing is known; zero is "0". */
export const NONE = "–";

const LOCALE: Record<Language, string> = { en: "en-GB", nl: "nl-NL" };

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  let found = cache.get(key) as T | undefined;
  if (!found) {
    found = make();
    cache.set(key, found);
  }
  return found;
}

const known = (value: number | null | undefined): value is number => typeof value === "number" && Number.isFinite(value);

export function number(value: number | null | undefined, language: Language, digits = 0): string {
  if (!known(value)) return NONE;
  const format = cached(`n${language}${digits}`, () => new Intl.NumberFormat(LOCALE[language], { maximumFractionDigits: digits, minimumFractionDigits: digits }));
  // Rounding must not turn "a little" into "-0".
  return format.format(value === 0 ? 0 : value).replace(/^-0$/, "0");
}

/** People, or people a minute: whole when large, one digit when small; what is not zero is not shown as zero. */
export function amount(value: number | null | undefined, language: Language): string {
  if (!known(value)) return NONE;
  if (value === 0) return "0";
  return number(value, language, Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0);
}

export function percent(share: number | null | undefined, language: Language): string {
  if (!known(share)) return NONE;
  return cached(`p${language}`, () => new Intl.NumberFormat(LOCALE[language], { style: "percent", maximumFractionDigits: 0 })).format(share);
}

export function interval(low: number | null, high: number | null, language: Language): string {
  return known(low) && known(high) ? `${amount(low, language)}–${amount(high, language)}` : NONE;
}

const moment = (at: string | number | null | undefined): number | null => {
  if (at === null || at === undefined) return null;
  const time = typeof at === "number" ? at : Date.parse(at);
  return Number.isFinite(time) ? time : null;
};

function parts(time: number, zone: string, language: Language, options: Intl.DateTimeFormatOptions, key: string): string {
  return cached(`${key}${language}${zone}`, () => new Intl.DateTimeFormat(LOCALE[language], { timeZone: zone, hourCycle: "h23", ...options })).format(time);
}

const wall = (time: number, zone: string): string =>
  parts(time, zone, "en", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }, "wall");

/** True when this wall-clock time happens twice: the hour that comes back on an autumn night. */
export function isTwice(time: number, zone: string): boolean {
  const own = wall(time, zone);
  return [-60, -30, 30, 60].some((minutes) => wall(time + minutes * 60_000, zone) === own);
}

/** "UTC+2", in force at that moment in that zone. */
export function offset(time: number, zone: string): string {
  const text = parts(time, zone, "en", { timeZoneName: "shortOffset", hour: "2-digit" }, "off");
  return (/GMT\S*/.exec(text)?.[0] ?? "GMT").replace("GMT", "UTC");
}

const told = (text: string, time: number, zone: string): string => (isTwice(time, zone) ? `${text} (${offset(time, zone)})` : text);

/** "15:40"; with its offset when that wall-clock time happens twice. */
export function clockTime(at: string | number | null | undefined, zone: string, language: Language): string {
  const time = moment(at);
  if (time === null) return NONE;
  return told(parts(time, zone, language, { hour: "2-digit", minute: "2-digit" }, "hm"), time, zone);
}

export function clockSeconds(at: string | number | null | undefined, zone: string, language: Language): string {
  const time = moment(at);
  if (time === null) return NONE;
  return told(parts(time, zone, language, { hour: "2-digit", minute: "2-digit", second: "2-digit" }, "hms"), time, zone);
}

export function dateLong(at: string | number | null | undefined, zone: string, language: Language): string {
  const time = moment(at);
  return time === null ? NONE : parts(time, zone, language, { weekday: "short", day: "numeric", month: "short", year: "numeric" }, "date");
}

export function weekday(at: number, zone: string, language: Language): string {
  return parts(at, zone, language, { weekday: "short", day: "numeric" }, "wd");
}

/** Time of day, with the day in front when it is not the day of `now`. */
export function timeNear(at: string | number | null | undefined, now: number, zone: string, language: Language): string {
  const time = moment(at);
  if (time === null) return NONE;
  const hour = clockTime(time, zone, language);
  return dateLong(time, zone, language) === dateLong(now, zone, language) ? hour : `${weekday(time, zone, language)} ${hour}`;
}

const SPAN = {
  en: { s: "s", min: "min", h: "h", d: "days" },
  nl: { s: "s", min: "min", h: "u", d: "dagen" },
} as const;

/** An age or a duration: "40 s", "65 min", "3 h 5 min", "12 days". */
export function span(seconds: number | null | undefined, language: Language): string {
  if (!known(seconds)) return NONE;
  const unit = SPAN[language];
  const total = Math.max(0, seconds);
  if (total < 90) return `${Math.round(total)} ${unit.s}`;
  const minutes = Math.round(total / 60);
  if (minutes < 100) return `${minutes} ${unit.min}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} ${unit.h}` : `${hours} ${unit.h} ${minutes % 60} ${unit.min}`;
  return `${number(Math.floor(hours / 24), language)} ${unit.d}`;
}
