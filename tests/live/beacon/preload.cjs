// Loaded before the node. Its libraries ask for a function that Node.js has from version 22 on.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new this((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

// The node ends with the test that started it: its input is a pipe from there. It has threads of its own,
// which this file is loaded in, too.
if (require("node:worker_threads").isMainThread) {
  process.stdin.on("end", () => process.exit(0));
  process.stdin.resume();
}
