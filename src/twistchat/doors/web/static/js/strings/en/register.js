/** The texts of the dialog that registers an account. */
export const REGISTER = {
  'register.title': 'Create an account',
  'register.lead': 'An account makes a name yours, on all your devices. Nobody else can use it.',
  'register.name': 'Name',
  'register.password': 'Password',
  'register.passwordHint': 'At least 8 characters, without spaces.',
  'register.email': 'Mail address (optional)',
  'register.emailHint': 'For a new password, if you forget yours. Some servers require one.',
  'register.invitation': 'Invitation code',
  'register.haveInvitation': 'I have an invitation code',
  'register.create': 'Create the account',
  'register.working': 'One moment…',
  'register.verifyTitle': 'Verify your mail address',
  'register.verifyLead': 'Enter the code from the mail that the server sent to you.',
  'register.code': 'Code from the mail',
  'register.verify': 'Verify and enter',
};
