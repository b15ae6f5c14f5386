/** The map itself; loaded apart, so that the lists stand before it. */
import "maplibre-gl/dist/maplibre-gl.css";
import type { FeatureCollection } from "geojson";
import { Map as MapLibre, ScaleControl, setWorkerUrl, type GeoJSONSource, type MapMouseEvent } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Area, AreaMap } from "../api";
import type { Place } from "../model";
import type { ThemeName } from "../theme";
import { draw, isRtl, shortened, type ComingText, type Tone } from "./features";
import { drawings, nameImage } from "./images";
import { NOTHING, SOURCES, styleOf, type SourceId } from "./style";

setWorkerUrl(workerUrl);

export interface Picture {
  area: Area;
  map: AreaMap;
  places: readonly Place[];
  selectedId: string | null;
  theme: ThemeName;
  letters: Record<Tone, string>;
  coming: ComingText;
}

export interface Listeners {
  select: (id: string) => void;
  hover: (id: string | null, x: number, y: number) => void;
  painted: () => void;
}

const PITCH = 45;
const TOUCHABLE = ["points", "zone-badges", "gate-badges", "gate-arrows", "gate-line", "gate-casing", "zone-fill"];

const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class MapView {
  #map: MapLibre;
  #picture: Picture;
  #shown: { area: string; theme: ThemeName; letters: string };
  #names = new Set<string>();
  #pending = 0;
  /** Once the reader has moved the map it stays where it was put. */
  #touched = false;

  constructor(container: HTMLElement, picture: Picture, listeners: Listeners, gestures: { touch: string; wheel: string } | null) {
    this.#picture = picture;
    this.#shown = { area: picture.area.id, theme: picture.theme, letters: JSON.stringify(picture.letters) };
    this.#map = new MapLibre({
      container,
      style: styleOf(picture.theme, this.#data()),
      bounds: picture.area.bounds,
      fitBoundsOptions: { padding: this.#padding(container), pitch: this.#pitch() },
      pitch: this.#pitch(),
      maxPitch: 70,
      attributionControl: false,
      fadeDuration: calm() ? 0 : 150,
      renderWorldCopies: false,
      cooperativeGestures: gestures !== null,
      ...(gestures && {
        locale: {
          "CooperativeGesturesHandler.WindowsHelpText": gestures.wheel,
          "CooperativeGesturesHandler.MacHelpText": gestures.wheel,
          "CooperativeGesturesHandler.MobileHelpText": gestures.touch,
        },
      }),
      // The canvas is not a tab stop of its own: everything on it is in the list and the table.
      keyboard: false,
    });
    this.#map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    const canvas = this.#map.getCanvas();
    canvas.removeAttribute("tabindex");
    canvas.removeAttribute("aria-label");
    canvas.setAttribute("role", "presentation");
    this.#map.on("style.load", () => this.#dress());
    this.#map.once("idle", listeners.painted);
    this.#map.on("click", (event) => {
      const id = this.#under(event);
      if (id) listeners.select(id);
    });
    this.#map.on("mousemove", (event) => {
      const id = this.#under(event);
      this.#map.getCanvas().style.cursor = id ? "pointer" : "";
      listeners.hover(id, event.point.x, event.point.y);
    });
    this.#map.on("mouseout", () => listeners.hover(null, 0, 0));
    this.#map.on("movestart", (event) => {
      if (event.originalEvent) this.#touched = true;
      listeners.hover(null, 0, 0);
    });
    this.#map.on("resize", () => {
      if (!this.#touched) this.#fit(this.#map.getPitch(), false);
    });
  }

  /** Show another picture; several in one frame are drawn once. */
  show(picture: Picture): void {
    this.#picture = picture;
    cancelAnimationFrame(this.#pending);
    this.#pending = requestAnimationFrame(() => this.#paint());
  }

  fit(): void {
    this.#touched = false;
    this.#fit(this.#map.getPitch(), !calm());
  }

  #fit(pitch: number, animate: boolean): void {
    this.#map.fitBounds(this.#picture.area.bounds, { padding: this.#padding(this.#map.getContainer()), pitch, bearing: 0, animate });
  }

  /** Tilted where there is height to see; a plain ground with points is best read from above. */
  #pitch(): number {
    const { zones, background } = this.#picture.map;
    return zones.features.length > 0 || (background.buildings?.features.length ?? 0) > 0 ? PITCH : 0;
  }

  zoom(by: number): void {
    this.#touched = true;
    this.#map.easeTo({ zoom: this.#map.getZoom() + by, animate: !calm() });
  }

  tilt(): void {
    this.#map.easeTo({ pitch: this.#map.getPitch() > 5 ? 0 : PITCH, animate: !calm() });
  }

  remove(): void {
    cancelAnimationFrame(this.#pending);
    this.#map.remove();
  }

  #padding(container: HTMLElement): number {
    return Math.max(16, Math.min(56, container.clientWidth * 0.06));
  }

  #under(event: MapMouseEvent): string | null {
    const around: [[number, number], [number, number]] = [
      [event.point.x - 4, event.point.y - 4],
      [event.point.x + 4, event.point.y + 4],
    ];
    const layers = TOUCHABLE.filter((id) => this.#map.getLayer(id));
    const found = this.#map.queryRenderedFeatures(around, { layers });
    const best = found.sort((a, b) => TOUCHABLE.indexOf(a.layer.id) - TOUCHABLE.indexOf(b.layer.id))[0];
    const id: unknown = best?.properties.id;
    return typeof id === "string" ? id : null;
  }

  #data(): Record<SourceId, FeatureCollection> {
    const { map, places, selectedId, coming } = this.#picture;
    const { ground, streets, buildings } = map.background;
    return {
      ground: ground ?? NOTHING,
      streets: streets ?? NOTHING,
      buildings: buildings ?? NOTHING,
      ...draw(map, places, selectedId, coming),
    };
  }

  #dress(): void {
    const { theme, letters, map } = this.#picture;
    for (const { id, data, pixelRatio } of drawings(theme, letters)) {
      if (!this.#map.hasImage(id)) this.#map.addImage(id, data, { pixelRatio });
    }
    const named = [...map.zones.features, ...map.points.features];
    for (const { properties } of named) this.#addName(properties.name);
    this.#paintData();
  }

  /** Right-to-left names come as pictures, for which the browser's own text setting is used. */
  #addName(name: string): void {
    const short = shortened(name);
    if (!isRtl(short) || this.#names.has(short)) return;
    this.#names.add(short);
    this.#map.addImage(`name-${short}`, nameImage(this.#picture.theme, short), { pixelRatio: 2 });
  }

  #paint(): void {
    const { area, theme, letters } = this.#picture;
    const next = { area: area.id, theme, letters: JSON.stringify(letters) };
    const moved = next.area !== this.#shown.area;
    const redress = moved || next.theme !== this.#shown.theme || next.letters !== this.#shown.letters;
    this.#shown = next;
    if (redress) {
      this.#names.clear();
      this.#map.setStyle(styleOf(theme, this.#data()), { diff: false });
    } else this.#paintData();
    if (moved) {
      this.#touched = false;
      this.#fit(this.#pitch(), false);
    }
  }

  #paintData(): void {
    const data = this.#data();
    for (const id of SOURCES.slice(3)) this.#map.getSource<GeoJSONSource>(id)?.setData(data[id]);
  }
}
