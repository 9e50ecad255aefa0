/** What each role may do through the service; a person may have several. */
export type Right = 'answer' | 'pause' | 'apply' | 'edit'

const holders: Record<Right, string[]> = { answer: ['approver'], pause: ['approver', 'editor'], apply: ['approver', 'editor'], edit: ['editor'] }

export const may = (roles: string[], right: Right) => roles.includes('admin') || holders[right].some((role) => roles.includes(role))
/** The role that gives the right and least beside it. */
export const roleWith = (right: Right) => holders[right][0]!
