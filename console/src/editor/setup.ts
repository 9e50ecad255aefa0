/** The one place that knows CodeMirror. It lives in a shadow root, where its styles are constructed sheets. */
import { acceptCompletion, autocompletion, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers, type Tooltip } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Finding } from '../data/types'
import { rendered } from './markdown'

export interface Completions {
  items: { kind: string; label: string; detail: string | null; documentation: string | null; text: string; rank: number }[]
  from: number
  to: number
  complete: boolean
}
export interface Hover {
  text: string | null
  from: number | null
  to: number | null
}
export interface Asked {
  complete(text: string, offset: number, signal: AbortSignal): Promise<Completions>
  hover(text: string, offset: number): Promise<Hover>
  changed(text: string): void
  save(): void
  plan(): void
  label: string
  fix: string
}

const look = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', color: 'var(--text)', fontSize: '0.8125rem', height: '100%' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)', padding: '0.5rem 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'color-mix(in oklab, var(--accent) 26%, transparent) !important' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--text-3)', border: '0', paddingRight: '0.25rem' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in oklab, var(--accent) 7%, transparent)' },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in oklab, var(--accent) 16%, transparent)' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--line)', borderRadius: '8px', boxShadow: 'var(--shadow-high)', fontFamily: 'var(--sans)', overflow: 'hidden' },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '0.8125rem', maxHeight: '16rem' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '0.25rem 0.625rem !important' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--chosen)', color: 'var(--accent-strong)' },
  '.cm-completionDetail': { color: 'var(--text-2)', fontStyle: 'normal', marginLeft: '0.75rem' },
  '.cm-completionInfo, .doc': { maxWidth: '26rem', padding: '0.5rem 0.75rem', fontSize: '0.8125rem' },
  '.cm-completionInfo .doc': { padding: '0' },
  '.doc p': { margin: '0 0 0.5rem' },
  '.doc p:last-child': { margin: '0' },
  '.doc code, .doc pre': { fontFamily: 'var(--mono)', fontSize: '0.75rem' },
  '.doc pre': { margin: '0 0 0.5rem', padding: '0.375rem 0.5rem', background: 'var(--sunken)', borderRadius: '4px', whiteSpace: 'pre-wrap' },
  '.cm-diagnostic': { padding: '0.375rem 0.75rem', borderLeftWidth: '3px' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)', borderRadius: '4px', padding: '0.125rem 0.5rem' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--text)', borderColor: 'var(--line)' },
  '.cm-panel input, .cm-panel button': { fontFamily: 'var(--sans)', fontSize: '0.75rem', color: 'var(--text)', background: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: '4px' },
  '.cm-changedLine': { backgroundColor: 'color-mix(in oklab, var(--accent) 10%, transparent) !important' },
  '.cm-changedText': { background: 'color-mix(in oklab, var(--accent) 30%, transparent) !important' },
})

const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--calm)' },
  { tag: tags.string, color: 'var(--text)' },
  { tag: [tags.punctuation, tags.separator], color: 'var(--text-2)' },
])

/** How a text looks, also where it is only compared. */
export const plain: Extension[] = [lineNumbers(), drawSelection(), EditorView.lineWrapping, yaml(), syntaxHighlighting(colours), indentUnit.of('  '), look]

const kinds: Record<string, string> = { key: 'property', word: 'enum', action: 'function', group: 'namespace', connection: 'variable', secret: 'constant', name: 'variable', member: 'property', function: 'function', workflow: 'class' }

function completing(asked: Asked) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos)
    if (!context.explicit && !/[\w.:$ {-]/.test(before)) return null
    const away = new AbortController()
    context.addEventListener('abort', () => away.abort(), { onDocChange: true })
    try {
      const found = await asked.complete(context.state.doc.toString(), context.pos, away.signal)
      if (context.aborted || found.items.length === 0) return null
      const options = found.items.map(
        (item): Completion => ({
          label: item.label,
          detail: item.detail ?? undefined,
          type: kinds[item.kind],
          apply: item.text,
          boost: Math.max(-99, 50 - item.rank),
          info: item.documentation ? () => rendered(item.documentation!) : undefined,
        }),
      )
      return { from: found.from, to: found.to, options, ...(found.complete ? { validFor: /^[\w.-]*$/ } : {}) }
    } catch {
      return null
    }
  }
}

function hovering(asked: Asked) {
  return hoverTooltip(async (view, place): Promise<Tooltip | null> => {
    try {
      const found = await asked.hover(view.state.doc.toString(), place)
      if (!found.text) return null
      return { pos: found.from ?? place, end: found.to ?? place, above: true, create: () => ({ dom: rendered(found.text!) }) }
    } catch {
      return null
    }
  })
}

export interface Editor {
  text(): string
  replace(text: string): void
  show(findings: Finding[]): void
  go(from: number, to?: number): void
  fix(finding: Finding): void
  focus(): void
  close(): void
}

export function makeEditor(host: HTMLElement, text: string, asked: Asked, readOnly = false): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([
          { key: 'Mod-s', run: () => (asked.save(), true), preventDefault: true },
          { key: 'Mod-Enter', run: () => (asked.plan(), true), preventDefault: true },
          { key: 'Tab', run: acceptCompletion },
        ]),
        ...plain,
        highlightActiveLine(),
        highlightActiveLineGutter(),
        foldGutter(),
        history(),
        indentOnInput(),
        bracketMatching(),
        autocompletion({ override: [completing(asked)], icons: false }),
        hovering(asked),
        lintGutter(),
        search({ top: true }),
        highlightSelectionMatches(),
        keymap.of([...completionKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ 'aria-label': asked.label, tabindex: '0' }),
        EditorState.readOnly.of(readOnly),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) asked.changed(update.state.doc.toString())
        }),
      ],
    }),
  })
  const within = (place: number) => Math.max(0, Math.min(view.state.doc.length, place))
  const editor: Editor = {
    text: () => view.state.doc.toString(),
    replace: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    show(findings) {
      const list = findings.map(
        (finding): Diagnostic => ({
          from: within(finding.from),
          to: within(Math.max(finding.to, finding.from)),
          severity: finding.severity === 'error' ? 'error' : finding.severity === 'warning' ? 'warning' : 'info',
          message: finding.message,
          actions: finding.fix ? [{ name: asked.fix, apply: () => editor.fix(finding) }] : [],
        }),
      )
      view.dispatch(setDiagnostics(view.state, list))
    },
    go(from, to = from) {
      view.dispatch({ selection: { anchor: within(from), head: within(to) }, effects: EditorView.scrollIntoView(within(from), { y: 'center' }) })
      view.focus()
    },
    fix(finding) {
      if (!finding.fix) return
      view.dispatch({ changes: { from: within(finding.fix.from), to: within(finding.fix.to), insert: finding.fix.text }, userEvent: 'input.fix' })
      view.focus()
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  }
  return editor
}
