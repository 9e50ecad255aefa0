/** Two texts side by side, loaded when somebody else was quicker. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { MergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { plain } from './setup'

/** Theirs at the left, mine at the right, which is what is saved. */
export function makeMerge(host: HTMLElement, theirs: string, mine: string, labels: { theirs: string; mine: string }): { text(): string; close(): void } {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  const side = (label: string) => EditorView.contentAttributes.of({ 'aria-label': label })
  const merge = new MergeView({
    root,
    parent: root,
    a: { doc: theirs, extensions: [...plain, EditorState.readOnly.of(true), side(labels.theirs)] },
    b: { doc: mine, extensions: [...plain, history(), keymap.of([...historyKeymap, ...defaultKeymap]), side(labels.mine)] },
    revertControls: 'a-to-b',
    collapseUnchanged: { margin: 3, minSize: 6 },
    gutter: true,
  })
  return { text: () => merge.b.state.doc.toString(), close: () => merge.destroy() }
}
