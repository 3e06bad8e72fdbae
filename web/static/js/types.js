/**
 * Shapes shared by the scripts. Nothing here runs; the server's side is stated in web/templates/CONTRACT.md.
 *
 * @typedef {"compliance"|"population"|"change"} By
 * @typedef {"2d"|"3d"} Mode
 * @typedef {"meets"|"at_risk"|"fails"|"no_data"} Status
 * @typedef {"registered"|"floating"|"let"|"several"|"vacant"|"unverified"} DwellingState
 *
 * @typedef {object} Selection
 * @property {"area"|"building"} kind
 * @property {string} region  small number of the street that keeps the record
 * @property {string} id      UUID
 *
 * @typedef {object} ViewState  what the address bar holds
 * @property {string} date          ISO date of every figure
 * @property {string} base          ISO date that changes are counted from
 * @property {By} by
 * @property {Mode} mode
 * @property {Selection|null} sel   null = the reader's home area
 * @property {string} room          UUID of a dwelling or ""
 * @property {boolean} compare      two maps with a divider
 * @property {number} split         divider, percent of the map's width
 *
 * @typedef {object} LayerSource
 * @property {string} url      tile address with {z}/{x}/{y}
 * @property {number} minzoom
 * @property {number} maxzoom
 *
 * @typedef {object} MapConfig
 * @property {string} lang
 * @property {string} as_of
 * @property {{min: string, max: string, today: string}} dates
 * @property {[number, number, number, number]} bounds  west, south, east, north in degrees
 * @property {Object<string, LayerSource>} layers       areas, cells, buildings, ground, labels
 * @property {{kind: string, region?: number, id: string}} home
 * @property {boolean} has_cells
 * @property {[number, number]} unverified_classes      shares that part meets | at risk | fails
 *
 * @typedef {{from: number|null, to: number|null, count: number}} ClassRange
 *
 * @typedef {object} CellValues
 * @property {string} as_of
 * @property {By} by
 * @property {number[]} ids                    map ids
 * @property {(number|null)[]} values
 * @property {(Status|null)[]} [statuses]
 * @property {(number|null)[]} [failing]
 * @property {{households: (number|null)[], population: (number|null)[]}} counts
 * @property {{kind: "classes"|"states", total: number, classes?: ClassRange[], dedicated?: number, states?: Object<Status, number>}} legend
 *
 * @typedef {object} BuildingValues
 * @property {number[]} ids
 * @property {(number|null)[]} unverified_share
 * @property {number[]} unverified
 * @property {(number|null)[]} population
 * @property {number[]} dwellings
 *
 * @typedef {Object<string, string>} Palette  CSS custom properties without the dashes, "p1" → "#eaedcb"
 */
export {};
