import type { ComponentProps } from "react";
import { Button } from "../parts/button";
import styles from "./review.module.css";

interface Props extends ComponentProps<typeof Button> {
  /** The key that does the same. */
  hint: string;
}

/**
 * A button that shows its key where there is room for that.
 *
 * Pressed with a mouse or a finger it does not take the focus: Enter would press it again, for the next image, which
 * whoever has not chosen it with the keyboard does not expect.
 */
export function CommandButton({ hint, children, ...props }: Props) {
  return (
    <Button {...props} preventFocusOnPress>
      {children}
      <kbd aria-hidden className={styles.hint}>
        {hint}
      </kbd>
    </Button>
  );
}
