/** The logbook and the incidents of the area on the screen, read again while somebody looks. */
import { desk, orNone, type Incident, type LogEntry } from "./api";
import { readAgainAfter, together } from "./logbook";
import { told } from "./sending.svelte";

const PAGE = 200;

class Book {
  entries = $state.raw<LogEntry[]>([]);
  incidents = $state.raw<Incident[]>([]);
  /** The area whose lines these are, once they are read. */
  area = $state("");
  /** True where the server keeps no logbook. */
  absent = $state(false);
  error = $state("");
  /** Name of the book that is written in, such as "replay-3"; empty until a line of it is known. */
  name = $derived(this.entries.at(-1)?.book ?? "");
  #wanted = "";
  #asked = 0;

  /** Read all lines of an area. */
  async open(area: string): Promise<void> {
    this.#wanted = area;
    if (this.area !== area) Object.assign(this, { entries: [], incidents: [], area: "", absent: false, error: "" });
    await this.#read(area, 0);
  }

  /** Read what is new. An action is done by a new line, so where there is one those with an open action are read again. */
  async refresh(): Promise<void> {
    if (this.area === "") return this.open(this.#wanted);
    if (this.absent) return;
    const before = this.entries;
    const news = await this.#read(this.area, before.at(-1)?.number ?? 0);
    if (news && readAgainAfter(before) < (before.at(-1)?.number ?? 0)) await this.#read(this.area, readAgainAfter(before));
  }

  /** True where lines were read. */
  async #read(area: string, after: number): Promise<boolean> {
    const asked = ++this.#asked;
    try {
      const [read, incidents] = await Promise.all([orNone(this.#pages(area, after)), orNone(desk.incidents(area))]);
      if (area !== this.#wanted || asked !== this.#asked) return false;
      this.absent = read === null;
      this.entries = together(after === 0 ? [] : this.entries, read ?? []);
      this.incidents = incidents ?? [];
      this.area = area;
      this.error = "";
      return (read ?? []).length > 0;
    } catch (error) {
      if (area === this.#wanted && asked === this.#asked) this.error = told(error);
      return false;
    }
  }

  async #pages(area: string, after: number): Promise<LogEntry[]> {
    const read: LogEntry[] = [];
    for (;;) {
      const page = await desk.logbook(area, read.at(-1)?.number ?? after, PAGE);
      read.push(...page);
      if (page.length < PAGE) return read;
    }
  }
}

export const book = new Book();
