/** Words that carry no subject: their vectors are short, as rare words decide what a text is about. */
export const functionWords = `
a about above across after again against all almost along already also although always among an and another any
are around as at away back be became because become been before being below between both but by can cannot could
did do does doing done down during each either else enough even ever every few first for from further get give
given gives goes had has have having he her here him his how however i if in instead into is it its itself just
last least less let like made make makes many may me might more most much must my near nearly need never next no
nor not nothing now of off often on once one only onto or other others our out over own per perhaps quite rather
same say second see seem seen several shall she should show shown shows since so some something still such take
taken than that the their them then there these they thing things this those though three through thus to together
too toward towards two under until up upon us use used uses using very was way ways we well were what when where
whether which while who whole whom whose why will with within without work works would yet you your
`;

export const contentWords = `
ability absolute accelerate access account accuracy achieve acoustic act action activation active adapt adapter
adaptive add additive address adversarial affect agent aggregate aim air algebra algorithm align alignment ambient
analog analysis analyze angle animal annotate answer antibody apply approach approximate arbitrary architecture area
arithmetic art artifact assess assist assume atom attack attention attribute audio augment author automatic autonomous
average avoid axis background balance band bandit base baseline basis batch bayesian beam behavior belief benchmark
benefit bias big bilingual binary biology bit black blind block blood board body book boost bound boundary box brain
branch bridge bright broad budget build calibrate camera cancer capacity caption capture car carbon care cascade case
category causal cause cell center certain chain challenge change channel chaos chart chat chemical chemistry child
chip choice circuit city claim class classic classify clean clear climate clinical clock cloud cluster coarse code
coefficient cognitive coherent collapse collect color column combine common communicate community compact compare
compete complete complex component compose compound compress compute concept condition confidence conflict connect
consensus consistent constant constrain construct consume contact content context continual continuous contrast
control converge conversation convex convolution cooperate coordinate copy core correct correlate cost count couple
course cover create credit criterion critic critical cross crowd crystal culture current curriculum curvature curve
cycle damage dark data database dataset date day deal debate decay decide decision decode decompose deep defect defend
define deform degrade degree delay deliver demand demonstrate dense depend deploy depth derive describe design detail
detect determine device diagnose dialog dictionary diffuse diffusion digital dimension direct discover discrete disease
display distance distill distinct distribute divergence diverse divide doctor document domain dose double draft draw
drift drive driver drone drop drug dual dynamic early earth easy economy edge edit educate effect efficient effort
eigenvalue electric electron element embed emerge emission emotion empirical encode encoder encourage end energy engine
engineer enhance ensemble entity entropy environment episode equal equation equilibrium equivalent error estimate
ethics evaluate event evidence evolution exact examine example excel exchange exist expand expect expensive experience
experiment expert explain explore exponent express expression extend external extract extreme eye face factor fail
fair fairness faithful false family fast fault feature federated feedback few fiber field figure file film filter final
find fine finger finite fish fit fix flat flexible flow fluid focus fold follow food force forecast forest forget form
formal formula forward foundation fraction frame framework free frequency friend frozen full function fundamental fuse
fusion future fuzzy gain galaxy game gap gas gate gaussian gene general generate generator genome geometry gesture
global goal good gradient grain grammar graph gravity greedy green grid ground group grow growth guarantee guide half
hand hard hardware harm hash health hear heart heat heavy help heterogeneous heuristic hidden hierarchy high history
home homogeneous horizon host hour human hybrid hyper hypothesis ice idea ideal identify identity image imagine imitate
impact implicit important impose improve incentive include increase incremental independent index individual induce
industry inference infinite inform information inject input insight inspect instance instruct instruction integer
integral integrate intelligence intent interact interest interface interpolate interpret interval intervention
introduce invariant inverse invert invest iterate item join joint journal judge jump kernel key kind kinetic knowledge
label laboratory lack land language large laser latency latent lattice law layer lead leak learn learner legal length
lens level lexical library life light limit line linear link lipid liquid list listen live load local locate logic long
loop loss low machine magnetic magnitude maintain manifold manipulate map margin market mask mass massive master match
material matrix matter maximum mean measure mechanics mechanism medical medicine medium member memory merge mesh message
meta metal method metric microscope mind minimum mirror mixture mobile modal mode model modular module molecule moment
monitor moral motion motor move movie multilingual multimodal multiple muscle music mutual name narrow nation native
natural nature navigate negative neighbor nerve nest network neural neuron neutral node noise nonlinear norm normal
normalize novel number numeric object objective observe obstacle ocean offline online open operate operator opinion
optic optical optimal optimize oracle orbit order organ organize origin orthogonal outcome outlier output overfit
overview oxygen pack pair paper parallel parameter parse part partial particle partition party pass past patch path
patient pattern pay penalty people perceive perceptron perfect perform performance period permutation person perturb
phase phenomenon phone photo photon phrase physical physics pick picture piece pipeline pixel place plan planet plant
plasma plate play player point poison policy polymer polynomial pool poor population portfolio pose position positive
post posterior potential power practical practice precise precision predict prefer preference preserve pressure pretrain
prevent price principal principle print prior privacy private probability probe problem procedure process produce
product profile program progress project prompt proof propagate property propose protect protein protocol prototype
prove provide proximal prune public publish pulse purpose push puzzle quality quantify quantity quantization quantum
query question queue quick radar radiation radio random range rank rare rate ratio raw ray reach reaction read real
reason reasoning recall receive recipe recognize recommend reconstruct record recover recurrent reduce redundant refer
refine region regress regression regular regularize reinforce reinforcement reject relate relation relative release
relevant reliable remote remove render repair repeat replace replay report represent representation reproduce request
require research resist resolution resolve resource respond response rest restore result retain retrieval retrieve
return reveal reverse review revise reward rhythm rich ride right rigid ring risk river road robot robust role root
rotate round route routine row rule run safe safety sample satellite scalable scale scan scatter scene schedule schema
school science scientific scope score screen sea search season secret section secure security seed segment select
selection self semantic send sense sensitive sensor sentence sentiment separate sequence series server service set shape
share sharp shift short side sight signal significant silent similar simple simulate single singular site situation
size skeleton skill skip sky sleep slow small smart smooth social society soft software soil solar solid solution solve
sound source space spark sparse spatial speak speaker special species specific spectral spectrum speech speed sphere
spike spin spline split spoken sport spread spring square stable stack stage standard star start state static station
statistic steady steer stem step stereo stimulus stochastic stock stop storage store storm story strategy stream street
strength stress strict string strong structure student study style subject subspace suffer suggest suite sum summary
summarize sun super supervise support surface surgery survey survive sustain swarm switch symbol symmetry syntax
synthesis synthetic system table tail talk target task taste taxonomy teach teacher team technical technique technology
telescope temperature template temporal tensor term test text texture theorem theory therapy thermal thick think thread
threshold time tissue title token tolerance tool topic topology total touch trace track trade tradition traffic train
trait trajectory transfer transform transformer transition translate translation transparent transport travel treat
tree trend trial trick trigger trust truth tumor tune turbulence turn tutor type typical uncertain uncertainty
understand unified uniform unify union unique unit universal universe unknown unseen update upper urban user utility
valid validate valley value vaccine vacuum variable variance variation variational variety vary vector vehicle velocity
verify version vertex video view virtual virus visible vision visual vocabulary voice volume vote vulnerable walk wall
warm watch water wave weak wear weather web week weight white wide wild wind window winter wire word world write year
yield young zero zone
`;

export const suffixes = `
s es d ed r er ers ing ings ly al ally ic ical ion ions ation ations ment ments ness ity ities able ible ive ives ize
ized izes izing ization ful less or ors ist ists ism ous ant ent ence ance y ies ied
`;
