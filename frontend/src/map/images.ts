/** Patterns, badges and arrows, drawn on a canvas at run time: no sprite is ever fetched. */
import { LEVELS } from "../api";
import { THEMES, type ThemeName } from "../theme";
import { UNKNOWN, type Tone } from "./features";

export const RATIO = 2;
export const TONES: readonly Tone[] = [...LEVELS, UNKNOWN];

export interface Drawing {
  id: string;
  data: ImageData;
  pixelRatio: number;
}

function canvas(width: number, height: number, ratio: number, paint: (pen: CanvasRenderingContext2D) => void): ImageData {
  const sheet = document.createElement("canvas");
  sheet.width = Math.ceil(width * ratio);
  sheet.height = Math.ceil(height * ratio);
  const pen = sheet.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("no 2D canvas");
  pen.scale(ratio, ratio);
  paint(pen);
  return pen.getImageData(0, 0, sheet.width, sheet.height);
}

function strokes(pen: CanvasRenderingContext2D, lines: [number, number, number, number][]): void {
  pen.beginPath();
  for (const [x1, y1, x2, y2] of lines) {
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
  }
  pen.stroke();
}

/** The mark of a tone in a square of 16: green none, yellow dots, orange diagonals, red crosses, unknown a flat hatch. */
function mark(pen: CanvasRenderingContext2D, tone: Tone): void {
  pen.lineWidth = 2;
  if (tone === "yellow") {
    for (const [x, y] of [[4, 4], [12, 12]] as const) {
      pen.beginPath();
      pen.arc(x, y, 1.8, 0, 7);
      pen.fill();
    }
  } else if (tone === "orange") strokes(pen, [[-2, 2, 2, -2], [0, 16, 16, 0], [14, 18, 18, 14]]);
  else if (tone === "red") strokes(pen, [[-1, -1, 17, 17], [17, -1, -1, 17]]);
  else if (tone === UNKNOWN) {
    pen.lineWidth = 1.5;
    strokes(pen, [[0, 4, 16, 4], [0, 12, 16, 12]]);
  }
}

export const MARK_SIZE = 16;

const colourOf = (theme: ThemeName, tone: Tone): string => (tone === UNKNOWN ? THEMES[theme].unknown : THEMES[theme].levels[tone]);
const inkOn = (theme: ThemeName, tone: Tone): string => (tone === UNKNOWN ? THEMES[theme].panel : THEMES[theme].onLevel[tone]);

function pattern(theme: ThemeName, tone: Tone): Drawing {
  const data = canvas(MARK_SIZE, MARK_SIZE, RATIO, (pen) => {
    pen.fillStyle = pen.strokeStyle = tone === UNKNOWN ? colourOf(theme, tone) : inkOn(theme, tone);
    pen.globalAlpha = tone === UNKNOWN ? 0.9 : 0.45;
    mark(pen, tone);
  });
  return { id: `pattern-${tone}`, data, pixelRatio: RATIO };
}

const FONT = "system-ui, sans-serif";

function letterInto(pen: CanvasRenderingContext2D, text: string, x: number, y: number, size: number): void {
  pen.font = `700 ${size}px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, x, y + size * 0.06);
}

function badge(theme: ThemeName, tone: Tone, letter: string): Drawing {
  const [width, height] = [letter.length > 1 ? 28 : 22, 22];
  const data = canvas(width, height, RATIO * 1.5, (pen) => {
    pen.fillStyle = THEMES[theme].halo;
    pen.beginPath();
    pen.roundRect(0, 0, width, height, 6);
    pen.fill();
    pen.fillStyle = colourOf(theme, tone);
    pen.beginPath();
    pen.roundRect(1.5, 1.5, width - 3, height - 3, 4.5);
    pen.fill();
    pen.fillStyle = inkOn(theme, tone);
    letterInto(pen, letter, width / 2, height / 2, 13);
  });
  return { id: `badge-${tone}`, data, pixelRatio: RATIO * 1.5 };
}

/** A point counter: a disc with the pattern of its tone and its letter on a plain spot. */
function disc(theme: ThemeName, tone: Tone, letter: string): Drawing {
  const size = 48;
  const ratio = 3;
  const data = canvas(size, size, ratio, (pen) => {
    const circle = (radius: number) => {
      pen.beginPath();
      pen.arc(size / 2, size / 2, radius, 0, 7);
    };
    pen.fillStyle = THEMES[theme].halo;
    circle(23.5);
    pen.fill();
    pen.save();
    circle(21.5);
    pen.clip();
    pen.fillStyle = colourOf(theme, tone);
    pen.fillRect(0, 0, size, size);
    pen.fillStyle = pen.strokeStyle = inkOn(theme, tone);
    pen.globalAlpha = 0.45;
    for (let x = 0; x < size; x += MARK_SIZE) {
      for (let y = 0; y < size; y += MARK_SIZE) {
        pen.save();
        pen.translate(x, y);
        pen.beginPath();
        pen.rect(0, 0, MARK_SIZE, MARK_SIZE);
        pen.clip();
        mark(pen, tone);
        pen.restore();
      }
    }
    pen.globalAlpha = 1;
    pen.fillStyle = colourOf(theme, tone);
    circle(13);
    pen.fill();
    pen.restore();
    pen.fillStyle = inkOn(theme, tone);
    letterInto(pen, letter, size / 2, size / 2, letter.length > 1 ? 17 : 21);
  });
  return { id: `disc-${tone}`, data, pixelRatio: ratio };
}

function arrow(theme: ThemeName): Drawing {
  const data = canvas(32, 32, RATIO * 1.5, (pen) => {
    pen.fillStyle = THEMES[theme].ink;
    pen.strokeStyle = THEMES[theme].halo;
    pen.lineWidth = 2.5;
    pen.lineJoin = "round";
    pen.beginPath();
    const outline = [[16, 2], [28, 16], [20.5, 16], [20.5, 30], [11.5, 30], [11.5, 16], [4, 16]] as const;
    outline.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
    pen.closePath();
    pen.fill();
    pen.stroke();
  });
  return { id: "arrow", data, pixelRatio: RATIO * 1.5 };
}

function ring(theme: ThemeName): Drawing {
  const data = canvas(60, 60, RATIO * 1.5, (pen) => {
    pen.strokeStyle = THEMES[theme].ink;
    pen.lineWidth = 4;
    pen.beginPath();
    pen.arc(30, 30, 27, 0, 7);
    pen.stroke();
  });
  return { id: "ring", data, pixelRatio: RATIO * 1.5 };
}

export function drawings(theme: ThemeName, letters: Record<Tone, string>): Drawing[] {
  const each = TONES.flatMap((tone) => [pattern(theme, tone), badge(theme, tone, letters[tone]), disc(theme, tone, letters[tone])]);
  return [...each, arrow(theme), ring(theme)];
}

/** A name as a picture, for scripts that the map's own lettering sets in the wrong order. */
export function nameImage(theme: ThemeName, name: string): ImageData {
  const measure = document.createElement("canvas").getContext("2d");
  if (!measure) throw new Error("no 2D canvas");
  measure.font = `600 12px ${FONT}`;
  const width = Math.ceil(measure.measureText(name).width) + 8;
  return canvas(width, 20, RATIO, (pen) => {
    pen.font = `600 12px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.strokeStyle = THEMES[theme].halo;
    pen.strokeText(name, width / 2, 10);
    pen.fillStyle = THEMES[theme].ink;
    pen.fillText(name, width / 2, 10);
  });
}
