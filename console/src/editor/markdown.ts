/** The little Markdown that hover and completion texts have, as nodes: paragraphs, lists, code, bold. No HTML is read. */

function inline(text: string, into: HTMLElement) {
  for (const part of text.split(/(`[^`]+`|\*\*[^*]+\*\*)/)) {
    if (part === '') continue
    if (part.startsWith('`') && part.length > 1) into.append(Object.assign(document.createElement('code'), { textContent: part.slice(1, -1) }))
    else if (part.startsWith('**') && part.length > 3) into.append(Object.assign(document.createElement('strong'), { textContent: part.slice(2, -2) }))
    else into.append(part)
  }
}

export function rendered(text: string): HTMLElement {
  const box = document.createElement('div')
  box.className = 'doc'
  const blocks = text.split(/(```[\s\S]*?```)|\n{2,}/).filter((block) => block !== undefined && block.trim() !== '')
  for (const block of blocks) {
    if (block.startsWith('```')) {
      box.append(Object.assign(document.createElement('pre'), { textContent: block.replace(/^```\w*\n?|\n?```$/g, '') }))
      continue
    }
    const paragraph = document.createElement('p')
    block.trim().split('\n').forEach((line, index) => {
      if (index > 0) paragraph.append(document.createElement('br'))
      inline(line.replace(/^#+ /, '').replace(/^[-*] /, '• '), paragraph)
    })
    box.append(paragraph)
  }
  return box
}
