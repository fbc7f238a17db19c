import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { open } from "../api/client";
import { type ListQuery, writeFilter } from "../api/filter";
import { sentence } from "../api/problem";
import { Button } from "../parts/button";
import parts from "../parts/parts.module.css";
import { notify } from "../shell/notices";

const FORMATS = [
  { id: "csv", name: "CSV, for spreadsheets" },
  { id: "jsonl", name: "JSON Lines, with everything" },
  { id: "parquet", name: "Parquet, for notebooks" },
];

/** The images of a list as a file. */
export function ExportMenu({ filter }: { filter: ListQuery }) {
  const { mutate: save, isPending } = useMutation({
    mutationFn: async (format: string) => {
      const { sort: _sort, order: _order, ...wanted } = filter;
      const query = writeFilter(wanted);
      query.set("format", format);
      const response = await open(`/v1/export?${query}`);
      download(await response.blob(), `loupe.${format}`);
    },
    onError: (error) => notify(sentence(error)),
  });
  return (
    <MenuTrigger>
      <Button isPending={isPending}>
        <Download size={16} aria-hidden /> {isPending ? "Exporting…" : "Export"}
      </Button>
      <Popover className={parts.popover ?? ""}>
        <Menu items={FORMATS} onAction={(format) => save(String(format))}>
          {(format) => <MenuItem className={parts.option ?? ""}>{format.name}</MenuItem>}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
