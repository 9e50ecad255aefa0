/** What is read once and shown, where no feed tells that it has changed. `name` says which; undefined reads nothing. */
import { Refusal } from './api'

export function loaded<T>(name: () => string | undefined, read: () => Promise<T>) {
  let data = $state.raw<T | undefined>()
  let failure = $state.raw<Refusal | undefined>()
  let tries = $state(0)
  $effect(() => {
    void tries
    data = undefined
    failure = undefined
    if (name() === undefined) return
    let left = false
    read().then(
      (answer) => {
        if (!left) data = answer
      },
      (error) => {
        if (!left) failure = error instanceof Refusal ? error : new Refusal(0, 'other', String(error))
      },
    )
    return () => {
      left = true
    }
  })
  return {
    get data() {
      return data
    },
    get failure() {
      return failure
    },
    again: () => {
      tries += 1
    },
  }
}
