import { Boxes, ChartColumn, Images, ImageUp, Layers, ListChecks, LogOut, MailX, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { signOut } from "../access/credentials";
import { useAccess, useMay } from "../access/gate";
import { IconButton } from "../parts/button";
import { UploadIndicator } from "../upload/indicator";
import { Notices } from "./notices";
import styles from "./shell.module.css";
import { choose, useTheme } from "./theme";

const PAGES = [
  { path: "/", name: "Archive", Icon: Images },
  { path: "/upload", name: "Upload", Icon: ImageUp },
  { path: "/review", name: "Review", Icon: ListChecks },
  { path: "/overview", name: "Overview", Icon: ChartColumn },
  { path: "/models", name: "Models", Icon: Boxes },
];

/** For those who operate. Both have pages below them. */
const OPERATING = [
  { path: "/jobs", name: "Jobs", Icon: Layers },
  { path: "/dead-letters", name: "Dead letters", Icon: MailX },
];

/** What all pages have around them. */
export function Shell({ children }: { children: ReactNode }) {
  const { me, signedIn } = useAccess();
  const mayOperate = useMay("operate");
  const theme = useTheme();
  const other = theme === "light" ? "dark" : "light";
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to the page
      </a>
      <header className={styles.header}>
        <span className={styles.brand}>
          <img src="/icon.svg" alt="" width={24} height={24} /> Loupe
        </span>
        <nav aria-label="Pages" className={styles.nav}>
          {[...PAGES, ...(mayOperate ? OPERATING : [])].map(({ path, name, Icon }) => (
            <NavLink key={path} to={path} end={path === "/"}>
              <Icon aria-hidden size={18} />
              <span>{name}</span>
            </NavLink>
          ))}
        </nav>
        <UploadIndicator />
        {signedIn && <span className={styles.who}>{me.name}</span>}
        <IconButton label={`Switch to the ${other} theme`} onPress={() => choose(other)}>
          {theme === "light" ? <Moon size={18} /> : <Sun size={18} />}
        </IconButton>
        {signedIn && (
          <IconButton label="Sign out" onPress={signOut}>
            <LogOut size={18} />
          </IconButton>
        )}
      </header>
      <main id="content" tabIndex={-1} className={styles.main}>
        {children}
      </main>
      <Notices />
    </div>
  );
}
