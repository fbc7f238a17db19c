import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { type ListQuery, readFilter, writeFilter } from "../api/filter";
import { Title } from "../parts/title";
import styles from "./archive.module.css";
import { ArchiveList } from "./archive-list";
import { FilterBar } from "./filter-bar";
import { forget } from "./use-pages";

/** All images, filtered and sorted as the address says. */
export function ArchivePage() {
  const client = useQueryClient();
  const [address, setAddress] = useSearchParams();
  const list = String(writeFilter(readFilter(address)));
  const filter = useMemo(() => readFilter(new URLSearchParams(list)), [list]);
  const [beginning, setBeginning] = useState(0);

  const show = useCallback((wanted: ListQuery) => setAddress(writeFilter(wanted)), [setAddress]);
  const restart = useCallback(() => {
    forget(client, filter);
    setBeginning((count) => count + 1);
  }, [client, filter]);

  return (
    <div className={styles.page}>
      <Title text="Archive" isHidden />
      <FilterBar filter={filter} onChange={show} />
      <ArchiveList key={`${beginning} ${list}`} filter={filter} onRestart={restart} onChange={show} />
    </div>
  );
}
