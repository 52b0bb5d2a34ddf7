// What the preview says of this network, under Join: only where calls will take a detour, or may not connect at all. It comes late,
// so where the panel stands in the middle the line takes no place in it: Join does not move away under a finger.

import { h, setAttribute, setText, show } from "../dom.js";
import { addressOf } from "../link_text.js";
import { t } from "../language.js";

/**
 * The preview with that line. It comes with the rest of the page, as it is known later than the preview is shown.
 * @param {import("./parts.js").View} preview
 * @returns {import("./parts.js").View}
 */
export function withReach(preview) {
  const sentence = h("span", {});
  const more = h("a", { href: addressOf("check"), target: "_blank", rel: "noopener" }, t("landing.check"));
  const line = h("p", { class: "small preview-reach", role: "status" }, sentence, " ", more);
  show(line, false);
  preview.element.querySelector(".preview-join")?.after(line);
  return {
    ...preview,
    update(state) {
      preview.update(state);
      const { reach, hideAddress } = state;
      setText(sentence, reach === "" ? "" : t(reach === "none" && hideAddress ? "reach.hidden" : `reach.${reach}`));
      show(more, reach === "none");
      setAttribute(line, "data-tone", reach === "none" ? "amber" : null);
      show(line, reach !== "");
    },
  };
}
