// A thread for the machines. The page sends the compiled module first; then Rust takes over.
import init from "./ringside.js";

onmessage = (event) => init({ module_or_path: event.data });
