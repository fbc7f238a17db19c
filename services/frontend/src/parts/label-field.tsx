import { useQuery } from "@tanstack/react-query";
import { type RefObject, useMemo, useState } from "react";
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { countsQuery, ranked } from "../api/counts";
import styles from "./parts.module.css";

const SHOWN = 50;
const FRESH_MS = 60_000;

interface Props {
  label: string;
  value: string;
  /** Told of a label that was chosen or entered; of an empty text when it was cleared. */
  onChoose(label: string): void;
  /** Whether labels may be entered that no image has yet. */
  isFree?: boolean;
  /** Told of what stands there when one leaves the field, if that is not to choose it. */
  onLeave?(label: string): void;
  autoFocus?: boolean;
  inputRef?: RefObject<HTMLInputElement | null>;
}

/** One of the labels, found by typing a part of it. */
export function LabelField({ label, value, onChoose, isFree = false, onLeave, autoFocus = false, inputRef }: Props) {
  const { data: labels = [] } = useQuery({
    ...countsQuery({}),
    select: (counts) => ranked(counts.labels),
    staleTime: FRESH_MS,
  });
  const [text, setText] = useState(value);
  const [shownFor, setShownFor] = useState(value);
  if (shownFor !== value) {
    setShownFor(value);
    setText(value);
  }
  const items = useMemo(() => {
    const wanted = text === value ? "" : text.trim().toLowerCase();
    return labels
      .filter(([name]) => name.toLowerCase().includes(wanted))
      .slice(0, SHOWN)
      .map(([name, images]) => ({ id: name, images }));
  }, [labels, text, value]);

  const typed = text.trim();
  const known = labels.find(([name]) => name.toLowerCase() === typed.toLowerCase())?.[0];

  function entered() {
    if (typed === value) return;
    if (typed === "" || known !== undefined || isFree) onChoose(known ?? typed);
    else setText(value);
  }

  return (
    <ComboBox
      className={styles.field ?? ""}
      items={items}
      inputValue={text}
      onInputChange={setText}
      value={value || null}
      onChange={(key) => key !== null && onChoose(String(key))}
      allowsCustomValue
      allowsEmptyCollection
      menuTrigger="focus"
      onBlur={() => (onLeave ? onLeave(known ?? typed) : entered())}
      onKeyDown={(event) => event.key === "Enter" && !isOnOption(event.target) && entered()}
    >
      <Label>{label}</Label>
      <Input placeholder="any" autoFocus={autoFocus} ref={inputRef ?? null} />
      <Popover className={styles.popover ?? ""}>
        <ListBox<(typeof items)[number]> className={styles.options ?? ""}>
          {(item) => (
            <ListBoxItem id={item.id} textValue={item.id} className={styles.option ?? ""}>
              <span>{item.id}</span>
              <small>{item.images.toLocaleString()}</small>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

/** Whether Enter chooses the option that the arrow keys have led to, and not what was typed. */
function isOnOption(target: EventTarget): boolean {
  return target instanceof Element && target.hasAttribute("aria-activedescendant");
}
