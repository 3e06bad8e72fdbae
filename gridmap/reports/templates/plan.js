/* Colours, labels and cards of the plan; the shapes are laid out by the script before. */
(() => {
  "use strict";
  const map = map_plan, cells = geo_json_cells, outlines = geo_json_outlines;
  const box = map.getContainer();
  const panel = document.querySelector(".whole aside");
  const data = JSON.parse(document.getElementById("plan-data").textContent);
  const places = [];

  const make = (tag, className, ...children) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };
  const sign = (status) => document.querySelector(`[data-sign="${status}"]`).content.firstElementChild.cloneNode(true);

  /** What is said of a cell under the pointer; built of text nodes, so that a name is never read as markup. */
  const card = ({ title, card: lines, classes }) => {
    const head = make("h3", "", title);
    if (classes.compliance) head.append(sign(classes.compliance));
    const body = make("tbody");
    for (const [label, value, status] of lines) {
      const shown = make("td", status ? `ink-${status}` : "", value);
      body.append(make("tr", "", make("td", "", label), shown));
    }
    return [head, make("table", "", body)];
  };

  const floating = make("div", "card");
  floating.hidden = true;
  document.body.append(floating);
  const show = (place, pointer) => {
    floating.replaceChildren(...card(place));
    floating.hidden = false;
    move(pointer);
  };
  /** The card stays inside the window, on the far side of the pointer where it must. */
  const move = ({ clientX, clientY }) => {
    const { offsetWidth: width, offsetHeight: height } = floating;
    const x = clientX + 16 + width > innerWidth ? Math.max(8, clientX - 16 - width) : clientX + 16;
    const y = Math.max(8, Math.min(clientY + 12, innerHeight - height - 8));
    floating.style.transform = `translate(${x}px, ${y}px)`;
  };

  const tag = (className, spot, ...children) => {
    const content = make("div", `tag ${className}`, ...children);
    const icon = L.divIcon({ className: "", html: content, iconSize: [0, 0] });
    L.marker(spot, { icon, interactive: false, keyboard: false }).addTo(map);
    return content;
  };

  cells.eachLayer((layer) => {
    const place = data.cells[layer.feature.properties.number];
    layer.on("mouseover click", (event) => show(place, event.originalEvent));
    layer.on("mousemove", (event) => move(event.originalEvent));
    layer.on("mouseout", () => { floating.hidden = true; });
    const holder = make("i");
    places.push({ layer, place, holder, label: tag("", place.spot, holder, make("span", "", place.label)) });
  });
  outlines.eachLayer((layer) => {
    layer.getElement().classList.add("outline");
    const { label, spot } = data.outlines[layer.feature.properties.number];
    layer.areaTag = tag("tag-area", spot, make("span", "", label));
  });

  const colour = (theme) => {
    for (const { layer, place, label, holder } of places) {
      const name = place.classes[theme];
      layer.getElement().setAttribute("class", `leaflet-interactive cell fill-${name}`);
      label.className = `tag on-${name}`;
      holder.replaceChildren(...(theme === "compliance" ? [sign(name)] : []));
    }
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
    }
    for (const legend of document.querySelectorAll("[data-legend]")) legend.hidden = legend.dataset.legend !== theme;
    fitLabels();
  };

  /** Labels are shown where they have room: the number gives way to the sign, then both to the cell. */
  const fitLabels = () => {
    for (const { layer, label } of places) {
      const size = layer.getElement().getBBox();
      const room = Math.min(size.width, size.height * 1.6);
      label.classList.toggle("tight", room < 34);
      label.classList.toggle("none", room < 16);
    }
    outlines.eachLayer((layer) => {
      const alone = outlines.getLayers().length < 2;
      layer.areaTag.classList.toggle("none", alone || layer.getElement().getBBox().width < layer.areaTag.offsetWidth);
      const name = layer.areaTag.getBoundingClientRect();
      for (const { label } of places) {
        const own = label.getBoundingClientRect();
        const clear = own.right < name.left || own.left > name.right || own.bottom < name.top || own.top > name.bottom;
        if (!clear) label.classList.add("none");
      }
    });
  };

  const fit = () => {
    map.invalidateSize({ animate: false });
    const wide = panel && innerWidth > 700;
    map.fitBounds(cells.getBounds(), {
      animate: false,
      paddingTopLeft: [wide ? panel.offsetWidth + 24 : 10, 10],
      paddingBottomRight: [10, panel && !wide ? panel.offsetHeight + 16 : 10],
    });
    fitLabels();
  };

  L.control.zoom({ position: "bottomright", zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  L.control.scale({ imperial: false, position: panel ? "bottomright" : "bottomleft" }).addTo(map);
  for (const button of document.querySelectorAll("[data-theme]")) {
    button.addEventListener("click", () => colour(button.dataset.theme));
  }
  map.on("zoomend", fitLabels);
  matchMedia("print").addEventListener("change", fit);
  fit();
  colour(box.dataset.first);
})();
