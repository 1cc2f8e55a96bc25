// Between the window and Rust: a frame that the window's scripts can't reach sees each message first.
// Only calls by name go on; what a command takes, Rust decides.
window.__TAURI_ISOLATION_HOOK__ = (message) => {
  if (typeof message?.cmd !== 'string' || !/^[a-z0-9_:|-]{1,100}$/.test(message.cmd)) {
    throw new Error('not a command');
  }
  return message;
};
