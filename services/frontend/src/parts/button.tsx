import type { ReactElement, ReactNode } from "react";
import { Button as AriaButton, type ButtonProps, Tooltip, TooltipTrigger } from "react-aria-components";
import styles from "./parts.module.css";

interface Props extends Omit<ButtonProps, "className" | "children"> {
  children: ReactNode;
  /** How much it stands out. */
  kind?: "plain" | "primary";
}

export function Button({ kind = "plain", children, ...props }: Props) {
  return (
    <AriaButton {...props} className={`${styles.button} ${styles[kind]}`}>
      {children}
    </AriaButton>
  );
}

interface IconProps extends Omit<ButtonProps, "className" | "children"> {
  /** What it does, for tooltips and screen readers. */
  label: string;
  children: ReactElement;
}

/** A button that is an icon, with its meaning as a tooltip. */
export function IconButton({ label, children, ...props }: IconProps) {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...props} aria-label={label} className={styles.icon ?? ""}>
        {children}
      </AriaButton>
      <Tooltip className={styles.tooltip ?? ""}>{label}</Tooltip>
    </TooltipTrigger>
  );
}
