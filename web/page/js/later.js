/** What is fetched when it is needed, which a page that was open while the system was upgraded may not get. */

// It came with the document: asking for it would tell of whatever the server has by then.
export const VERSION = /** @type {HTMLMetaElement} */ (document.querySelector("meta[name=version]")).content;

/** Whether the server has a page that is not this one; not where it does not answer. */
export async function outdated() {
  try {
    const answer = await fetch("/pagina/shell.js");
    return answer.ok && !(await answer.text()).includes(VERSION);
  } catch {
    return false;
  }
}

/**
 * What `ask` imports. Rejects with `{ status, outdated }`: in a newer version what is fetched later has other
 * names, and to ask again would be in vain.
 * @template T
 * @param {() => Promise<T>} ask
 */
export async function later(ask) {
  try {
    return await ask();
  } catch {
    throw Object.assign(new Error("it did not come"), { status: 0, outdated: await outdated() });
  }
}
