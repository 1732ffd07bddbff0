// The size of the tiles: as large as they can all be seen at once.

const RATIO = 16 / 9;
const GAP = 8;

/** The part of the height that shared screens get. */
const FOR_SCREENS = 0.74;

/** Returns how many columns make tiles the largest, and how wide these are. */
function bestColumns(count, width, height) {
  let best = { columns: 1, size: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const fromWidth = (width - GAP * (columns - 1)) / columns;
    const fromHeight = ((height - GAP * (rows - 1)) / rows) * RATIO;
    const size = Math.floor(Math.min(fromWidth, fromHeight));
    if (size > best.size) {
      best = { columns, size };
    }
  }
  return best;
}

/** Keeps the tiles of a grid in shape, whenever the grid or their number changes. Shared screens get most of it. */
export function keepInShape(grid) {
  const shape = () => {
    const { clientWidth: width, clientHeight: height } = grid;
    const screens = grid.querySelectorAll('[data-kind="screen"]').length;
    const cameras = Math.max(1, grid.children.length - screens);
    const forScreens = screens > 0 ? Math.floor(FOR_SCREENS * height) : 0;
    const forCameras = height - forScreens - (screens > 0 ? GAP : 0);
    grid.style.setProperty("--screen", `${bestColumns(screens, width, forScreens).size}px`);
    grid.style.setProperty("--tile", `${bestColumns(cameras, width, forCameras).size}px`);
  };
  new ResizeObserver(shape).observe(grid);
  new MutationObserver(shape).observe(grid, { childList: true });
}
