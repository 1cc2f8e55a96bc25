import classes from "./Keys.module.css";

/** Keys to press, one after the other or together: `Ctrl K`, `g o`. */
export function Keys({ keys }: { readonly keys: string }) {
  return (
    <span className={classes.keys}>
      {keys.split(" ").map((key, index) => (
        <kbd key={`${String(index)}${key}`}>{key}</kbd>
      ))}
    </span>
  );
}
