// A dashed line under the pointer and, above each picture, the values of its lines there.
for (const svg of document.querySelectorAll("svg.time")) {
  const data = JSON.parse(svg.dataset.readout);
  const output = svg.closest("figure").querySelector(".readout");
  const pointer = svg.querySelector(".pointer");
  const last = data.clock.length - 1;
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    const share = Math.min(1, Math.max(0, (x - data.left) / data.width));
    const column = Math.round(share * last);
    const at = data.left + column / last * data.width;
    pointer.setAttribute("x1", at);
    pointer.setAttribute("x2", at);
    const values = data.labels.map((label, i) => `${label} ${data.columns[i][column]}`);
    output.textContent = [data.clock[column], ...values].join("   ");
  });
  svg.addEventListener("pointerleave", () => {
    pointer.setAttribute("x1", -9);
    pointer.setAttribute("x2", -9);
    output.textContent = "";
  });
}
