// The page's words in English, for tests of what it says; import it before anything is said.

import { speak } from "../../app/language.js";

await speak("en", ["door", "room", "talk", "errors", "check"]);
