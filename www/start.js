// Brings the page up: the theme before the first paint, then the wasm.
//
// Compiling and starting are kept apart, so that a host that serves wasm under another type (for
// which streaming refuses) gets the second way, and a page that breaks does not.
{
  const root = document.documentElement;
  try {
    root.dataset.theme = localStorage.getItem("ringside-theme") || "system";
    root.dataset.large = localStorage.getItem("ringside-large") || "false";
  } catch {
    // A sandboxed frame has no storage: the system's theme it is.
  }

  const compile = async (url) => {
    try {
      return await WebAssembly.compileStreaming(fetch(url));
    } catch {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
      return WebAssembly.compile(await response.arrayBuffer());
    }
  };

  const start = async () => {
    if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly");
    // Absolute addresses: in a sandboxed frame a script's own address is no base to resolve against.
    const beside = (file) => new URL(file, document.baseURI).href;
    const [glue, module] = await Promise.all([
      import(beside("ringside.js")),
      compile(beside("ringside_bg.wasm")),
    ]);
    const shown = document.readyState === "loading"
      ? new Promise((done) => addEventListener("DOMContentLoaded", done, { once: true }))
      : null;
    await shown;
    await glue.default({ module_or_path: module });
  };

  start().catch((error) => {
    const tell = () => {
      const status = document.getElementById("shell-status");
      if (status) {
        status.setAttribute("role", "alert");
        status.textContent = `The machine could not be loaded: ${error.message ?? error}`;
        status.parentElement.classList.replace("quiet", "failed");
        document.querySelector(".shell-stack")?.remove();
      }
      console.error(error);
    };
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", tell);
    else tell();
  });
}
