import type { ReactElement, ReactNode } from "react";
import { Button as AriaButton, type ButtonProps, Tooltip, TooltipTrigger } from "react-aria-components";
import { Link } from "react-router";
import styles from "./parts.module.css";

/** How much it stands out, or warns. */
type Kind = "plain" | "primary" | "danger";

interface Props extends Omit<ButtonProps, "className" | "children"> {
  children: ReactNode;
  kind?: Kind;
}

export function Button({ kind = "plain", children, ...props }: Props) {
  return (
    <AriaButton {...props} className={`${styles.button} ${styles[kind]}`}>
      {children}
    </AriaButton>
  );
}

/** A way to another page that looks like a button. */
export function ButtonLink({ to, kind = "plain", children }: { to: string; kind?: Kind; children: ReactNode }) {
  return (
    <Link to={to} className={`${styles.button} ${styles[kind]}`}>
      {children}
    </Link>
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
