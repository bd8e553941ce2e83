/**
 * What the first view is made of. The build puts all of it into one script, which a browser fetches once and not piece
 * by piece: what is fetched later has it already. Nothing in here may await.
 */
import "./app.js";
import "./installing.js";
import "./sign_in.js";
import "./theme.js";
